import Foundation
import Glibc
import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Testing

@testable import RunbookTransport

/// What both implementations of SSH must do, on a real sshd on loopback.
@Suite(.serialized) struct SSHDialerTests {
  static let both: [SSHImplementation] = [.libssh2, .openssh]

  @Test(arguments: both) func bytesGoBothWaysUnchanged(_ kind: SSHImplementation) async throws {
    try await LoopbackSSHD.run { servers in
      try await kind.withChannel(servers[0], "exec cat") { channel, recorder in
        let sent = (0..<100_000).map { UInt8(truncatingIfNeeded: ($0 &* 31) >> 3) }
        channel.write(sent)
        #expect(await recorder.wait { $0.output.count >= sent.count })
        let isUnchanged = recorder.record.output == sent
        #expect(isUnchanged)
        #expect(recorder.record.error.isEmpty)
      }
    }
  }

  @Test(arguments: both) func standardErrorComesApart(_ kind: SSHImplementation) async throws {
    try await LoopbackSSHD.run { servers in
      let command = "exec sh -c 'printf out; printf err >&2; printf out2; read x; exit 3'"
      try await kind.withChannel(servers[0], command) { channel, recorder in
        #expect(await recorder.wait { $0.output.count == 7 && $0.error.count == 3 })
        channel.write(Array("\n".utf8))
        #expect(await recorder.waitForClose())
        let record = recorder.record
        #expect(record.output == Array("outout2".utf8))
        #expect(record.error == Array("err".utf8))
        #expect(record.closed.count == 1)
        #expect(record.late == 0)
      }
    }
  }

  @Test(arguments: both) func largeOutputKeepsMemoryFlat(_ kind: SSHImplementation) async throws {
    let count = 200 << 20
    try await LoopbackSSHD.run { servers in
      let before = ProcessTable.residentBytes
      let recorder = ChannelRecorder(keepsOutput: false)
      let command = "exec head -c \(count) /dev/zero"
      try await kind.withChannel(servers[0], command, recorder) { _, recorder in
        var peak = 0
        for part in 1...10 {
          #expect(await recorder.wait { $0.outputCount >= count / 10 * part })
          peak = max(peak, ProcessTable.residentBytes)
        }
        #expect(await recorder.waitForClose())
        #expect(recorder.record.outputCount == count)
        print("\(kind): 200 MB grew the process by \((peak - before) >> 20) MiB")
        // Other tests share this process.
        #expect(peak - before < 100 << 20)
      }
    }
  }

  @Test(arguments: both) func aFloodOnBothStreamsKeepsMemoryFlat(
    _ kind: SSHImplementation
  ) async throws {
    let count = 20 << 20
    try await LoopbackSSHD.run { servers in
      let before = ProcessTable.residentBytes
      let recorder = ChannelRecorder(keepsOutput: false)
      let command =
        "exec sh -c 'head -c \(count) /dev/zero >&2 & head -c \(count) /dev/zero; wait'"
      try await kind.withChannel(servers[0], command, recorder) { _, recorder in
        #expect(await recorder.waitForClose())
        let growth = ProcessTable.residentBytes - before
        print("\(kind): 2 × 20 MB grew the process by \(growth >> 20) MiB")
        #expect(recorder.record.outputCount == count)
        #expect(recorder.record.error.count == count)
        // The recorder itself keeps standard error.
        #expect(growth < count * 3 + 24 << 20)
      }
    }
  }

  @Test(arguments: both) func largeInputArrivesWhole(_ kind: SSHImplementation) async throws {
    try await LoopbackSSHD.run { servers in
      let command = "exec sh -c 'head -c 8388608 | cksum'"
      try await kind.withChannel(servers[0], command) { channel, recorder in
        for part in 0..<8 { channel.write([UInt8](repeating: UInt8(part), count: 1 << 20)) }
        #expect(await recorder.waitForClose())
        let expected = try Shell.output(
          "for i in 0 1 2 3 4 5 6 7; do head -c 1048576 /dev/zero | tr '\\000' \"\\\\00$i\"; done"
            + " | cksum")
        #expect(String(decoding: recorder.record.output, as: UTF8.self) == expected)
      }
    }
  }

  @Test(arguments: both) func inputAndOutputDoNotBlockEachOther(
    _ kind: SSHImplementation
  ) async throws {
    try await LoopbackSSHD.run { servers in
      let count = 16 << 20
      let recorder = ChannelRecorder(keepsOutput: false)
      try await kind.withChannel(servers[0], "exec cat", recorder) { channel, recorder in
        for _ in 0..<(count >> 16) { channel.write([UInt8](repeating: 7, count: 1 << 16)) }
        #expect(await recorder.wait { $0.outputCount == count })
      }
    }
  }

  @Test(arguments: both) func keysAreExchangedAnewOnTheWay(_ kind: SSHImplementation) async throws {
    let count = 50 << 20
    let options = LoopbackSSHD.Options(configuration: ["RekeyLimit 1M"])
    try await LoopbackSSHD.run(options: options) { servers in
      let recorder = ChannelRecorder(keepsOutput: false)
      let command = "exec sh -c 'head -c \(count) /dev/zero; exec cat'"
      try await kind.withChannel(servers[0], command, recorder) { channel, recorder in
        for _ in 0..<64 { channel.write([UInt8](repeating: 7, count: 1 << 16)) }
        #expect(await recorder.wait(.seconds(60)) { $0.outputCount == count + 64 << 16 })
        #expect(recorder.record.closed.isEmpty)
      }
    }
  }

  @Test func aFullSocketDelaysButLosesNothing() async throws {
    let options = LoopbackSSHD.Options(configuration: ["RekeyLimit 1M"])
    try await LoopbackSSHD.run(options: options) { servers in
      let options = servers[0].options
      let dialer = SSHDialer(
        options: options, configurations: OpenSSHConfigurationReader(options: options),
        connectors: ConnectorPool(), threads: IOThreads(), sendBuffer: 4096)
      let recorder = ChannelRecorder()
      let channel = try await dialer.dial(
        servers[0].host("a"), command: "exec cat", receive: recorder.receive)
      let part = (0..<(1 << 16)).map { UInt8(truncatingIfNeeded: ($0 &* 7) >> 5) }
      for _ in 0..<128 { channel.write(part) }
      #expect(await recorder.wait(.seconds(60)) { $0.outputCount == 128 * part.count })
      // Compared apart: a difference of millions of bytes would be worked out for the report.
      let isUnchanged = recorder.record.output == Array((0..<128).map { _ in part }.joined())
      #expect(isUnchanged)
      await dialer.shutDown()
    }
  }

  @Test(arguments: both) func aBannerIsNotTakenForTheHostsOutput(
    _ kind: SSHImplementation
  ) async throws {
    let directory = try LoopbackSSHD.makeDirectory()
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try "Authorized use only\n".write(to: directory + "/banner")
    let options = LoopbackSSHD.Options(configuration: ["Banner \(directory)/banner"])
    try await LoopbackSSHD.run(options: options) { servers in
      try await kind.withChannel(servers[0], "echo out; echo err >&2") { _, recorder in
        #expect(await recorder.waitForClose())
        #expect(recorder.record.output == Array("out\n".utf8))
        // A banner that came with the host's own output can't be told from it; no byte is lost.
        let error = String(decoding: recorder.record.error, as: UTF8.self)
        #expect(error.hasSuffix("err\n"))
        #expect(kind == .openssh || error == "err\n")
      }
    }
  }

  @Test(arguments: both) func closingFreesTheConnection(_ kind: SSHImplementation) async throws {
    try await LoopbackSSHD.run { servers in
      let dialer = kind.dialer(options: servers[0].options) { _ in }
      for _ in 0..<3 {
        let recorder = ChannelRecorder()
        let channel = try await dialer.dial(
          servers[0].host("a"), command: "exec cat", receive: recorder.receive)
        channel.write([1])
        #expect(await recorder.wait { $0.outputCount == 1 })
        #expect(!servers[0].sessions.isEmpty)
        channel.close()
        #expect(await waitUntil(.seconds(10)) { servers[0].sessions.isEmpty })
      }
      await dialer.shutDown()
    }
  }

  @Test(arguments: both) func aKilledConnectionIsToldOnce(_ kind: SSHImplementation) async throws {
    try await LoopbackSSHD.run { servers in
      try await kind.withChannel(servers[0], "exec cat") { channel, recorder in
        #expect(servers[0].killSessions())
        #expect(await recorder.waitForClose())
        channel.write(Array("late".utf8))
        channel.close()
        #expect(recorder.record.closed.count == 1)
        #expect(recorder.record.late == 0)
        #expect(!recorder.record.closed[0].isEmpty)
      }
    }
  }

  @Test(arguments: both) func aHostCanBeDialledAgainAfterItsServerCameBack(
    _ kind: SSHImplementation
  ) async throws {
    try await LoopbackSSHD.run { servers in
      let server = servers[0]
      try await kind.withChannel(server, "exec cat") { _, recorder in
        server.stop()
        #expect(await recorder.waitForClose())
        await #expect(throws: TransportError.self) {
          try await kind.withChannel(server, "exec cat") { _, _ in }
        }
        try await server.start()
        try await kind.withChannel(server, "exec cat") { channel, recorder in
          channel.write(Array("back".utf8))
          #expect(await recorder.wait { $0.output == Array("back".utf8) })
        }
      }
    }
  }

  @Test(arguments: both) func anIdleChannelThatTheServerEndsIsTold(
    _ kind: SSHImplementation
  ) async throws {
    let options = LoopbackSSHD.Options(configuration: ["ChannelTimeout session:*=1"])
    try await LoopbackSSHD.run(options: options) { servers in
      try await kind.withChannel(servers[0], "exec cat") { _, recorder in
        #expect(await recorder.waitForClose())
        #expect(recorder.record.closed.count == 1)
      }
    }
  }

  @Test(arguments: both) func thirtyHostsAreConnectedAtOnce(_ kind: SSHImplementation) async throws
  {
    // Ten addresses for each server, so that every host has an entry of its own to look up.
    let addresses = (0..<30).map { "127.0.1.\($0 + 1)" }
    let listen = LoopbackSSHD.Options(
      configuration: addresses.prefix(10).map { "ListenAddress \($0)" })
    try await LoopbackSSHD.run(count: 3, options: listen) { servers in
      var known = ""
      for index in 0..<30 {
        let server = servers[index % 3]
        known += try server.knownHostsLine(
          "ed25519", name: "[\(addresses[index / 3])]:\(server.port)")
      }
      try known.write(to: servers[0].directory + "/all")
      var options = servers[0].options
      options.knownHostsFile = servers[0].directory + "/all"
      options.connectTimeout = .seconds(30)
      let dialer = kind.dialer(options: options) { _ in }
      let recorders = (0..<30).map { _ in ChannelRecorder() }
      let clock = ContinuousClock()
      let start = clock.now
      let channels = try await withThrowingTaskGroup(of: (any ByteChannel).self) { group in
        for index in 0..<30 {
          group.addTask {
            var host = servers[index % 3].host("h\(index)")
            host.address = addresses[index / 3]
            return try await dialer.dial(
              host, command: "exec cat", receive: recorders[index].receive)
          }
        }
        var channels: [any ByteChannel] = []
        for try await channel in group { channels.append(channel) }
        return channels
      }
      let connected = clock.now
      for channel in channels { channel.write(Array("hello".utf8)) }
      for recorder in recorders { #expect(await recorder.wait { $0.output.count == 5 }) }
      print("\(kind): 30 hosts connected in \(connected - start)")
      #expect(connected - start < .seconds(15))
      await dialer.shutDown()
    }
  }

  @Test(arguments: both) func anExchangeWaitsForNothingButTheHost(
    _ kind: SSHImplementation
  ) async throws {
    let (hosts, rounds) = (30, 20)
    try await LoopbackSSHD.run { servers in
      let dialer = kind.dialer(options: servers[0].options) { _ in }
      let clock = ContinuousClock()
      let start = clock.now
      let connections = try await withThrowingTaskGroup(
        of: (any ByteChannel, ChannelRecorder).self
      ) { group in
        for index in 0..<hosts {
          group.addTask {
            let recorder = ChannelRecorder()
            let channel = try await dialer.dial(
              servers[0].host("h\(index)"), command: "exec cat", receive: recorder.receive)
            channel.write([0])
            #expect(await recorder.wait { $0.outputCount == 1 })
            return (channel, recorder)
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      let connected = clock.now
      await withTaskGroup(of: Void.self) { group in
        for (channel, recorder) in connections {
          group.addTask {
            for round in 1...rounds {
              channel.write([UInt8](repeating: 1, count: 100))
              #expect(await recorder.wait { $0.outputCount == 1 + round * 100 })
            }
          }
        }
      }
      let duration = clock.now - connected
      print(
        "\(kind): \(hosts) × \(rounds) exchanges in \(duration) after \(connected - start)")
      // A poll that had to run into a time-out for each exchange would take far longer.
      #expect(duration < .seconds(10))
      await dialer.shutDown()
    }
  }
}
