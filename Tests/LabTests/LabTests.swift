import Foundation
import Testing

/// The reported environment, really running: one lab for all tests, in this order.
@Suite(
  "The lab", .serialized,
  .enabled(if: LabMachine.obstacle == nil, Comment(rawValue: LabMachine.obstacle ?? "")),
  WithLab())
struct LabTests {
  static let databaseHosts = ["db-master-01", "db-slave-01", "db-slave-02"]

  /// The members by role, as `patronictl` on that host has it.
  func members(_ role: String, seenFrom host: String) throws -> [String] {
    try LabMachine.on(
      host,
      """
      docker exec patroni patronictl -c /etc/patroni/patroni.yml list -f json |
        python3 -c 'import json, sys
      for member in json.load(sys.stdin):
          if member["Role"] == "\(role)": print(member["Member"])'
      """
    ).split(separator: "\n").map(String.init)
  }

  /// One query through PgBouncer, as the site's programs make it.
  func query(_ sql: String) throws -> String {
    try LabMachine.on(
      "install-01",
      """
      . /opt/keybuzz-installer/credentials/postgres.env
      PGPASSWORD=$POSTGRES_PASSWORD PGCONNECT_TIMEOUT=5 \
        psql -h 10.0.0.11 -p 6432 -U postgres -d postgres -tAqc "\(sql)"
      """)
  }

  /// Waits inside the host until a line of bash succeeds.
  func wait(on host: String, seconds: Int, until line: String) throws {
    try LabMachine.on(host, "until \(line); do sleep 0.2; done", within: seconds)
  }

  @Test("a healthy cluster has one Leader and two Replicas")
  func healthy() throws {
    let status = try LabMachine.must("lab/status", within: 60)
    let memory = try #require(status.firstMatch(of: /Memory: (\d+) MB/)?.1)
    #expect(try #require(Int(memory)) < 2048)
    for host in Self.databaseHosts {
      #expect(try members("Leader", seenFrom: host).count == 1)
      #expect(try members("Replica", seenFrom: host).count == 2)
    }
  }

  @Test("a second up says who runs the lab")
  func secondUp() throws {
    let outcome = try LabMachine.run("lab/up", within: 30)
    #expect(outcome.status == 76)
    #expect(outcome.errors.contains("a lab is up already: started"), "\(outcome)")
  }

  @Test("what a machine lacks is named before anything is changed")
  func lackingMachine() throws {
    let room = try LabMachine.run(
      "unshare", "--mount", "bash", "-c",
      "mount -t tmpfs -o size=1m tmpfs /mnt && LAB_STATE=/mnt/lab lab/up; s=$?; ls /mnt; exit $s",
      within: 30)
    #expect(room.status == 69)
    #expect(room.errors.contains("little room: 0 GB free for /mnt/lab"), "\(room)")
    #expect(room.output == "")
    let groups = try LabMachine.run(
      "unshare", "--mount", "bash", "-c", "umount -l /sys/fs/cgroup; lab/check", within: 30)
    #expect(groups.status == 69)
    #expect(groups.errors.contains("no control groups"), "\(groups)")
  }

  @Test("exec keeps arguments, streams and the way a command ends")
  func exec() throws {
    let arguments = try LabMachine.must(
      "lab/exec", "install-01", "printf", "%s|", "a b", "", "'\"$x")
    #expect(arguments == "a b||'\"$x|")
    #expect(try LabMachine.must("lab/exec", "install-01", "cat", input: "through") == "through")
    #expect(
      try LabMachine.run("lab/exec", "install-01", "sh", "-c", "exit 7", within: 10).status == 7)
    #expect(try LabMachine.run("lab/exec", "install-01", "no-such", within: 10).status == 127)
    #expect(try LabMachine.on("install-01", "test -r Package.swift && pwd") != "")
    #expect(
      try LabMachine.on("install-01", "touch Package.swift 2>&1 || true").contains("Read-only"))
    let ended = try LabMachine.run("lab/exec", "install-01", "sh", "-c", "kill -9 $$", within: 10)
    #expect(ended.status == 137)
  }

  @Test("a caller's blocked signals neither reach a command nor cost it its input")
  func execUnblocks() throws {
    let mask = try LabMachine.must(
      "perl", "-MPOSIX=:signal_h", "-e",
      "sigprocmask(SIG_BLOCK, POSIX::SigSet->new(SIGTERM)); exec @ARGV",
      "lab/exec", "install-01", "sh", "-c", "cat; grep SigBlk /proc/self/status", input: "kept\n")
    #expect(mask == "kept\nSigBlk:\t0000000000000000")
  }

  @Test("a signal reaches the command; killing exec kills it")
  func execSignals() throws {
    let polite = try LabMachine.start(
      [
        "lab/exec", "install-01", "bash", "-c",
        "trap 'echo told > /tmp/told; kill $!; exit 42' TERM; sleep 60 & echo > /tmp/ready; wait",
      ], within: 30)
    try wait(on: "install-01", seconds: 10, until: "[[ -e /tmp/ready ]]")
    // timeout passes the signal on and ends as its command does.
    kill(polite.process.processIdentifier, SIGTERM)
    _ = try polite.end()
    #expect(try LabMachine.on("install-01", "cat /tmp/told") == "told")
    let killed = try LabMachine.start(["lab/exec", "install-01", "sleep", "61"], within: 30)
    try wait(on: "install-01", seconds: 10, until: "pgrep -fx 'slee[p] 61' >/dev/null")
    kill(-killed.process.processIdentifier, SIGKILL)
    _ = try killed.end()
    try wait(on: "install-01", seconds: 10, until: "! pgrep -fx 'slee[p] 61' >/dev/null")
  }

  @Test("install-01 reaches all hosts as root by key, by the addresses of servers.tsv")
  func keys() throws {
    let names = try LabMachine.on(
      "install-01",
      #"""
      awk -F'\t' '$10 == "patroni-node" || $3 == "haproxy-01" { print $4 }' \
        /opt/keybuzz-installer/servers.tsv |
        while read -r address; do ssh -n -o BatchMode=yes "root@$address" hostname; done
      """#)
    #expect(
      names.split(separator: "\n") == ["db-master-01", "db-slave-01", "db-slave-02", "haproxy-01"])
  }

  @Test("a write through PgBouncer arrives on a replica")
  func write() throws {
    _ = try query("create table written (at int); insert into written values (16432)")
    let replica = try #require(try members("Replica", seenFrom: "db-master-01").first)
    try wait(
      on: replica, seconds: 20,
      until: """
        [[ $(docker exec patroni psql -U postgres -tAc 'select at from written' 2>&1) == 16432 ]]
        """)
  }

  @Test("stopping the leader's container makes another member the leader")
  func failover() throws {
    let old = try #require(try members("Leader", seenFrom: "db-master-01").first)
    try LabMachine.on(old, "docker stop patroni")
    let other = try #require(Self.databaseHosts.first { $0 != old })
    try wait(
      on: other, seconds: 60,
      until: """
        docker exec patroni patronictl -c /etc/patroni/patroni.yml list | grep -v ' \(old) ' |
          grep -q 'Leader.*running'
        """)
    try LabMachine.on(old, "systemctl start patroni-docker")
    try wait(on: "install-01", seconds: 60, until: Self.threeMembers)
    #expect(try query("select at from written") == "16432")
  }

  /// `reprise COMMAND…` on install-01, as its operator types it.
  func reprise(_ arguments: String..., within seconds: Int) throws -> LabMachine.Outcome {
    try LabMachine.start(["lab/exec", "install-01", Self.reprise] + arguments, within: seconds)
      .end()
  }

  @Test("a healthy cluster is called healthy, and nothing of it is changed")
  func diagnosed() throws {
    func state() throws -> [String] {
      try Self.databaseHosts.map {
        try LabMachine.on(
          $0,
          """
          docker inspect -f '{{.State.StartedAt}} {{.RestartCount}}' patroni
          stat -c '%n %U %a %Z' /opt/keybuzz/patroni/config/patroni.yml
          stat -c '%n %U %a' /opt/keybuzz/postgres/*
          """)
      }
    }
    let before = try state()
    let diagnosed = try reprise("run", "diagnose", "--state", "/root/diagnosed", within: 120)
    #expect(diagnosed.status == 0, "\(diagnosed)")
    #expect(diagnosed.output.contains("le cluster est sain : 1 Leader, 2 Replicas"), "\(diagnosed)")
    #expect(try state() == before)
    let refused = try reprise("run", "reinstall", "--yes", "--state", "/root/refused", within: 120)
    #expect(refused.status == 1, "\(refused)")
    #expect(refused.output.contains("PostgreSQL"), "\(refused)")
    #expect(try state() == before)
  }

  @Test("validate makes the five tests, with a writer through the failover")
  func validated() throws {
    let leader = try #require(try members("Leader", seenFrom: "db-master-01").first)
    let validated = try reprise(
      "run", "validate", "--yes", "--state", "/root/validated", within: 300)
    try #require(validated.status == 0, "\(validated)")
    let measured = /(\d+) écritures acquittées, 0 perdues, plus longue coupure \d+\.\d s/
    let acknowledged = try #require(validated.output.firstMatch(of: measured)?.1)
    #expect(try #require(Int(acknowledged)) > 0)
    try wait(on: "install-01", seconds: 60, until: Self.threeMembers)
    #expect(try members("Leader", seenFrom: "db-master-01") != [leader])
    let report = try LabMachine.on(
      "install-01", "cat /opt/keybuzz-installer/RAPPORT_CORRECTION_PATRONI_CLUSTER.md")
    for test in 1...5 { #expect(report.contains("| ✅ | Test \(test) : "), "test \(test)") }
    #expect(try query("select at from written") == "16432")
  }

  @Test("a replica whose power was cut rejoins after power-on, as a newly booted host")
  func power() throws {
    let replica = try #require(try members("Replica", seenFrom: "db-master-01").first)
    let before = try LabMachine.on(replica, "cat /proc/sys/kernel/random/boot_id")
    try LabMachine.must("lab/power-cut", replica)
    #expect(try LabMachine.run("lab/exec", replica, "true", within: 10).status == 1)
    try LabMachine.must("lab/power-on", replica, within: 120)
    #expect(try LabMachine.on(replica, "cat /proc/sys/kernel/random/boot_id") != before)
    try wait(on: "install-01", seconds: 90, until: Self.threeMembers)
  }

  @Test("a pulled cable cuts a host off until it is plugged in")
  func cable() throws {
    let knock = "nc -z -w 1 10.0.0.122 22"
    try LabMachine.must("lab/cut-network", "db-slave-02")
    try LabMachine.on("install-01", "! \(knock)")
    try LabMachine.must("lab/join-network", "db-slave-02")
    try wait(on: "install-01", seconds: 10, until: knock)
    let cut = try LabMachine.start(["lab/cut-network", "db-slave-02", "for", "3s"], within: 20)
    try wait(on: "install-01", seconds: 10, until: "! \(knock)")
    #expect(try cut.end().status == 0)
    try wait(on: "install-01", seconds: 10, until: knock)
    try wait(on: "install-01", seconds: 60, until: Self.threeMembers)
  }

  @Test("the lab is snapshot while it runs")
  func snapshot() throws {
    try LabMachine.must("lab/snapshot", "healthy", within: 60)
  }

  @Test(
    "each cause shows its symptoms",
    arguments: [
      "empty-bootstrap", "misindented-bootstrap", "nofailover", "bad-locale",
      "data-owned-by-root", "raft-journal-kept", "initdb-killed", "raft-in-container-layer",
      "no-bootstrap-section",
    ])
  func broken(cause: String) throws {
    try LabMachine.must("lab/break", cause, within: 240)
    #expect(try LabMachine.run("lab/status", within: 60).status == 1)
  }

  static let reprise = LabMachine.checkout.appending(path: ".build/debug/reprise").path

  @Test("Option B, killed while it repairs and resumed, cures the cluster")
  func killedAndResumed() throws {
    let state = ["--state", "/root/killed"]
    let killed = try LabMachine.start(
      [
        "lab/exec", "install-01", "env", "REPRISE_CRASH_AFTER_EVENT=380", Self.reprise, "run",
        "bootstrap-config", "--yes",
      ] + state, within: 120
    ).end()
    #expect(killed.status == 137, "\(killed)")
    let resumed = try LabMachine.start(
      ["lab/exec", "install-01", Self.reprise, "resume", "--yes"] + state, within: 300
    ).end()
    try #require(resumed.status == 0, "\(resumed)")
    try LabMachine.must("lab/status", within: 60)
    let report = try LabMachine.on(
      "install-01", "cat /opt/keybuzz-installer/RAPPORT_CORRECTION_PATRONI_CLUSTER.md")
    #expect(report.contains("✅ TERMINÉ AVEC SUCCÈS"))
    #expect(report.contains("(cause)**\u{202F}: no-bootstrap-section"))
    for test in 1...5 { #expect(report.contains("| ✅ | Test \(test) : "), "test \(test)") }
    let guide = try LabMachine.on(
      "install-01", "cat /opt/keybuzz-installer/GUIDE_COMPLET_INSTALLATION_KEYBUZZ.md")
    #expect(guide.hasPrefix("# Guide complet d'installation KeyBuzz"))
    #expect(guide.contains("## 5. Sauvegardes"))
    #expect(guide.contains("<!-- reprise: begin option-b -->"))
  }

  /// What the matrix says of a cause and some options: a line for each cell.
  func cells(_ cause: String, _ options: String, within seconds: Int) throws -> String {
    let results = "/tmp/lab-tests-matrix"
    let cells = try LabMachine.start(
      [
        "env", "MATRIX=\(results)", "MATRIX_TIMEOUT=30s", "REPRISE=\(Self.reprise)", "lab/matrix",
        cause, "--options", options, "--again",
      ], within: seconds
    ).end()
    try #require(cells.status == 0, "\(cells)")
    try LabMachine.must("rm", "-r", results)
    return cells.errors
  }

  @Test("Option A cures, by the site's script with its warts")
  func reinstalled() throws {
    #expect(
      try cells("no-bootstrap-section", "A", within: 600).contains("× A: cured"))
    #expect(
      try LabMachine.on("db-slave-01", "docker exec patroni patroni --version") == "patroni 3.3.0")
    let config = try LabMachine.on("db-slave-01", "cat /opt/keybuzz/patroni/config/patroni.yml")
    #expect(config.contains("scope: postgres-cluster"))
    let log = try reprise(
      "logs", "reinstall", "install", "--state", "/root/matrix-state", within: 30)
    #expect(log.output.contains("Nœuds prêts : 3/3"), "\(log)")
    #expect(log.output.contains("Mot de passe postgres"))
  }

  @Test("Option C does not cure a configuration, and its rollback puts everything back")
  func rolledBack() throws {
    let said = try cells("no-bootstrap-section", "C", within: 400)
    #expect(said.contains("× C: not cured, rolled back"), "\(said)")
  }

  @Test("correct and clean cure what a journal without its data has done")
  func corrected() throws {
    let said = try cells("raft-journal-kept", "correct,clean", within: 600)
    #expect(said.contains("× correct: cured"), "\(said)")
    #expect(said.contains("× clean: cured"), "\(said)")
  }

  @Test("restore brings the healthy cluster back, with what it held")
  func restore() throws {
    try LabMachine.must("lab/restore", "healthy", within: 240)
    try LabMachine.must("lab/status", within: 60)
    #expect(try query("select at from written") == "16432")
  }

  @Test("heal makes a healthy cluster out of a broken one")
  func heal() throws {
    try LabMachine.must("lab/break", "bad-locale", within: 240)
    try LabMachine.must("lab/heal", within: 240)
    try LabMachine.must("lab/status", within: 60)
  }

  /// On install-01: all three members run, one as leader and two as replicas that stream.
  static let threeMembers = """
    ssh -o BatchMode=yes root@10.0.0.120 \
      docker exec patroni patronictl -c /etc/patroni/patroni.yml list |
      awk '/Leader.*running/ { l++ } /Replica.*streaming/ { r++ } END { exit !(l == 1 && r == 2) }'
    """
}
