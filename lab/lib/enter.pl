#!/usr/bin/perl
# Runs a command inside a host of the lab, as transparently as one process can stand for another:
# same standard streams and terminal, exact arguments, exact end (status or signal). Signals sent
# to this process are passed on; if it is killed, the command is killed with it.
#
# enter.pl HOST PID DIRECTORY ATTACH COMMAND...
#   PID        process 1 of the host, as the machine sees it
#   DIRECTORY  where the command starts, if the host has it (else root's home)
#   ATTACH     a directory of the machine to show read-only at the same path, or ""
use strict;
use warnings;
use POSIX qw(:sys_wait_h);
use Fcntl;

my ($host, $pid, $directory, $attach, @command) = @ARGV;

# The same on all machines since Linux 5.2, but for the two old calls.
my ($OPEN_TREE, $MOVE_MOUNT, $MOUNT_SETATTR) = (428, 429, 442);
my ($SETNS, $PRCTL) = (POSIX::uname())[4] eq 'aarch64' ? (268, 167) : (308, 157);
my ($AT_FDCWD, $AT_EMPTY_PATH, $OPEN_TREE_CLONE, $O_CLOEXEC) = (-100, 0x1000, 1, 02000000);
my ($MOUNT_ATTR_RDONLY, $MOVE_FROM_EMPTY_PATH) = (1, 4);
my ($PR_SET_PDEATHSIG, $SIGKILL) = (1, 9);

# Ends with a sentence on standard error.
sub give_up {
    my ($status, $text) = @_;
    print STDERR "lab/exec: $host: $text\n";
    exit $status;
}

# A detached, read-only copy of the mount that holds a directory; it can be attached anywhere.
sub detached_copy {
    my ($path) = @_;
    my $tree = syscall($OPEN_TREE, $AT_FDCWD, $path, $OPEN_TREE_CLONE | $O_CLOEXEC);
    give_up(1, "cannot show $path in the host: $!") if $tree < 0;
    my $attributes = pack('Q4', $MOUNT_ATTR_RDONLY, 0, 0, 0);
    syscall($MOUNT_SETATTR, $tree, my $here = '', $AT_EMPTY_PATH, $attributes, 32) == 0
      or give_up(1, "cannot make $path read-only in the host: $!");
    return $tree;
}

# Attaches the copy at the same path, unless it already is there.
sub attach {
    my ($tree, $path, $identity) = @_;
    return if join(':', (stat $path)[0, 1]) eq $identity;
    my $made = '';
    for my $part (grep { length } split m{/}, $path) {
        $made .= "/$part";
        mkdir $made, 0755;
    }
    syscall($MOVE_MOUNT, $tree, my $here = '', $AT_FDCWD, $path, $MOVE_FROM_EMPTY_PATH) == 0
      or give_up(1, "cannot show $path in the host: $!");
}

my @namespaces;
for my $kind (qw(ipc uts net pid mnt)) {
    sysopen(my $handle, "/proc/$pid/ns/$kind", O_RDONLY)
      or give_up(1, "its process $pid is gone ($!); see lab/status");
    push @namespaces, $handle;
}
my ($tree, $identity);
if (length $attach) {
    $identity = join ':', (stat $attach)[0, 1];
    $tree = detached_copy($attach);
}
for my $handle (@namespaces) {
    syscall($SETNS, fileno($handle), 0) == 0 or give_up(1, "cannot enter its namespaces: $!");
}
attach($tree, $attach, $identity) if defined $tree;
chdir $directory or chdir '/root' or chdir '/';

# The environment of a login, not of the machine.
%ENV = (
    HOME  => '/root', USER => 'root', LOGNAME => 'root', SHELL => '/bin/bash',
    PATH  => '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG  => $ENV{LANG} // 'C.UTF-8',
    map { defined $ENV{$_} ? ($_ => $ENV{$_}) : () } qw(TERM COLORTERM NO_COLOR COLUMNS LINES),
);

pipe(my $alive, my $held) or give_up(1, "no pipe: $!");
my $child = fork() // give_up(1, "no process: $!");
if ($child == 0) {
    close $held;
    syscall($PRCTL, $PR_SET_PDEATHSIG, $SIGKILL, 0, 0, 0);
    # Had the parent died before the line above, its end of the pipe would be closed by now.
    fcntl($alive, F_SETFL, O_NONBLOCK);
    exit 137 if defined sysread($alive, my $nothing, 1);
    { no warnings 'exec'; exec { $command[0] } @command; }
    give_up($!{ENOENT} ? 127 : 126, "cannot run $command[0]: $!");
}
close $alive;

# What the terminal sends reaches the command by itself; what a process sends is passed on.
for my $name (qw(HUP INT QUIT TERM USR1 USR2 ALRM WINCH CONT)) {
    my $handler = sub {
        my ($signal, $info) = @_;
        kill $signal, $child if $info->{code} <= 0;
    };
    POSIX::sigaction(POSIX->can("SIG$name") ? POSIX->can("SIG$name")->() : 28,
        POSIX::SigAction->new($handler, POSIX::SigSet->new, POSIX::SA_SIGINFO));
}
while (waitpid($child, 0) != $child) {
    last unless $!{EINTR};
}
if (WIFSIGNALED($?)) {
    my $signal = WTERMSIG($?);
    POSIX::sigaction($signal, POSIX::SigAction->new('DEFAULT'));
    kill $signal, $$;
    exit 128 + $signal;
}
exit WEXITSTATUS($?);
