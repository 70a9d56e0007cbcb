#!/usr/bin/perl
# Stops an initdb of the lab's hosts, and the server that it has started, a few milliseconds after it
# begins: pkill from the shell takes longer than initdb takes to its control file.
#
# hold.pl SECONDS HOST=PID...
#   SECONDS    how long to wait for one
#   PID        process 1 of the host; the host's containers share its network namespace
#
# Prints the host; ends with 1 where none of them ran initdb in time.
use strict;
use warnings;

my ($seconds, @hosts) = @ARGV;
my $deadline = time + $seconds;
my %host;
for (@hosts) {
    my ($name, $pid) = split /=/;
    $host{ readlink "/proc/$pid/ns/net" } = $name;
}

# The host's process ids of a program: of the one host, or of any.
sub running {
    my ($program, $namespace) = @_;
    my @found;
    for my $path (glob '/proc/[0-9]*') {
        open my $file, '<', "$path/comm" or next;
        next unless (readline $file // '') eq "$program\n";
        my $net = readlink "$path/ns/net" // next;
        push @found, [$path =~ /(\d+)/, $net] if defined $namespace ? $net eq $namespace : $host{$net};
    }
    return @found;
}

while (time < $deadline) {
    my ($found) = running('initdb');
    if ($found) {
        my ($pid, $namespace) = @$found;
        kill 'STOP', $pid;
        kill 'STOP', map { $_->[0] } running('postgres', $namespace);
        print "$host{$namespace}\n";
        exit 0;
    }
    select undef, undef, undef, 0.005;
}
exit 1;
