"""Option B by hand: the commands of the runbooks over one ssh connection a host, in the same order,
at the same hosts at the same time, polled as often; no journal, no supervisor, nothing to resume.
Runs on install-01.

by-hand.py RUNBOOKS LEADER_TIMEOUT
"""
import os, re, subprocess, sys, tempfile, textwrap, time

RUNBOOKS, LEADER_TIMEOUT = sys.argv[1], int(sys.argv[2])
DB = {"db-master-01": "10.0.0.120", "db-slave-01": "10.0.0.121", "db-slave-02": "10.0.0.122"}
PROXIES, CONTROL = {"haproxy-01": "10.0.0.11"}, {"install-01": "10.0.0.250"}
CODE = r"(?:```\n(?P<block>.*?)\n[ ]*```|`(?P<line>[^`]*)`)"


def text(name):
    with open(f"{RUNBOOKS}/{name}.runbook") as file:
        return file.read()


def pick(match):
    return textwrap.dedent(match["block"]) if match["block"] is not None else match["line"]


def step(part, name):
    """The text of one step."""
    found = re.search(rf"\n *step {name} [^{{]*\{{\n(.*?)(?=\n *(?:step|phase|use|hosts) |\Z)",
                      text(f"parts/{part}"), re.S)
    return found[1]


def codes(part, name, form):
    return [pick(m) for m in re.finditer(rf"(?:^|\n) *{form}\s+(?:not\s+)?{CODE}", step(part, name), re.S)]


SITE = {m[1]: m[2] for m in re.finditer(r'input (\w+) = "?([^"\n]*)"?', text("site"))}
PRELUDE = "\n".join(pick(re.search(rf"shell {CODE}", text(name), re.S))
                    for name in ("site", "parts/repair", "parts/failover"))
VALUES = dict(SITE, db=" ".join(DB), db_addresses=" ".join(DB.values()), reprise_run=f"byhand{time.time_ns()}",
              postgres_password=re.search(r"POSTGRES_PASSWORD='?([^'\n]*)",
                                          open(SITE["credentials"]).read())[1])
CONTROLS = tempfile.mkdtemp()


def ssh(address):
    return ["ssh", "-o", "BatchMode=yes", "-o", "ControlMaster=auto", "-o", "ControlPersist=60",
            "-o", f"ControlPath={CONTROLS}/%h", f"root@{address}"]


def at(group, code):
    """Runs code at all hosts of a group at the same time; what each printed and its status."""
    running = {}
    for host, address in group.items():
        values = dict(VALUES, host=host, host_address=address)
        lines = [f"{k}='{v}'" for k, v in values.items()]
        script = "\n".join(lines + [f"export {' '.join(values)}", PRELUDE, code, ""])
        process = subprocess.Popen(
            ssh(address) + ["f=$(mktemp); cat >$f; sh -eu $f </dev/null; s=$?; rm -f $f; exit $s"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        process.stdin.write(script)
        process.stdin.close()
        running[host] = process
    return {host: (p.stdout.read().strip(), p.wait()) for host, p in running.items()}


def must(results, what):
    for host, (output, status) in results.items():
        if status:
            sys.exit(f"{what} on {host}: status {status}: {output}")
    return {host: output for host, (output, _) in results.items()}


def do(part, name, group, forms=("run", "check"), every=0.0, within=60):
    """One step: its codes in order; what `check` asks is polled at the hosts where it doesn't hold yet."""
    for form in forms:
        for code in codes(part, name, form):
            if form != "check":
                must(at(group, code), f"{part}/{name}")
                continue
            left, end, negated = dict(group), time.monotonic() + within, re.search(r"check\s+not ", step(part, name)) is not None
            while left:
                said = at(left, code)
                wanted = step(part, name).split('says "')[1].split('"')[0] if 'says "' in step(part, name) else ""
                left = {h: a for h, a in left.items()
                        if (said[h][1] == 0 and wanted in said[h][0]) == negated}
                if left and time.monotonic() > end:
                    sys.exit(f"{part}/{name} does not hold: {said}")
                if left:
                    time.sleep(every)


def outputs(part, name, group):
    for m in re.finditer(rf'output (\w+)(?:: int)?(?: = "[^"]*")?\s+from {CODE}', step(part, name), re.S):
        said = must(at(group, pick(m)), f"{part}/{name}")
        VALUES[m[1]] = "\n".join(said.values()).replace("'", "'\\''")
        VALUES[m[1] + "_by_host"] = "\n".join(
            f"{h}\t{line}" for h, o in said.items() for line in o.splitlines()).replace("'", "'\\''")
    return said


def guard():
    for name in ("container", "version", "alone", "idle"):
        for code in codes("guard", name, "require"):
            negated = "require not" in step("guard", name)
            for host, (output, status) in at(DB, code).items():
                if status != int(negated):
                    sys.exit(f"guard/{name} on {host}: status {status}: {output}")


for name in ("nodes", "docker", "xfs", "space"):
    do("precheck", name, DB, ("check",))
do("precheck", "script", CONTROL, ("check",))
do("precheck", "proxies", PROXIES, ("require", "check"))
do("precheck", "credentials", CONTROL, ("check",))
for name, group in (("facts", DB), ("configuration", DB), ("script", CONTROL), ("ports", DB),
                    ("members", DB), ("logs", DB), ("seen", CONTROL)):
    outputs("diagnosis", name, group)
said = must(at(CONTROL, codes("verdict", "verdict", "run")[0]), "verdict")
VALUES["verdict"] = "".join(said.values()).replace("'", "'\\''")
outputs("diagnosis", "cause", CONTROL)
guard()
outputs("repair", "change", DB)
guard()
do("stopping", "stop", DB)
must(at(DB, 'new=$(mktemp "$config.XXXX")\ncorrected >"$new"\n'
            'chmod --reference="$config" "$new"; chown --reference="$config" "$new"\n'
            'cp -p "$config" "$config.old"; sync; mv -f "$new" "$config"'), "config")
do("repair", "config", DB, ("check",))
must(at(DB, 'mkdir -p "$stash_dir/$reprise_run"\nfor file in "$base"/archive/*; do\n'
            'if [ -e "$file" ]; then mv "$file" "$stash_dir/$reprise_run/"; fi; done'), "archive")
do("ownership", "owner", DB, ("unless",))
do("made", "before", DB)
do("repair", "start", DB)
do("verify", "containers", DB, ("check",), 2)
do("verify", "members", DB, ("check",), 3, LEADER_TIMEOUT)
do("verify", "ready", DB, ("check",), 2)
do("verify", "haproxy", PROXIES, ("check",), 2)
do("verify", "pgbouncer", PROXIES, ("check",), 2)
do("failover", "writer", PROXIES, every=0.5)
leader = {h: DB[h] for h, o in outputs("failover", "role", DB).items() if o}
VALUES["leader_addresses"] = " ".join(leader.values())
do("failover", "stop", leader, ("require", "run", "check"))
do("failover", "elected", PROXIES, ("check",), 1, LEADER_TIMEOUT)
outputs("failover", "elected", PROXIES)
do("failover", "writes", PROXIES, ("check",), 0.5)
do("failover", "rejoin", leader, every=2, within=LEADER_TIMEOUT)
do("failover", "whole", DB, ("check",), 2, LEADER_TIMEOUT)
do("failover", "gap", PROXIES)
do("failover", "measured", PROXIES)
print(outputs("failover", "measured", PROXIES)["haproxy-01"])
do("failover", "tidy", PROXIES)
outputs("validate", "evidence", DB)
