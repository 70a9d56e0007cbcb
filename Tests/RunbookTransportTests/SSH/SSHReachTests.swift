import Foundation
import Glibc
import RunbookCore
import RunbookEngine
import RunbookTestSupport
import Testing

@testable import RunbookTransport

/// Hosts that can't be reached: bounded in time, and said in a way that helps.
@Suite(.serialized) struct SSHReachTests {
  static let both: [SSHImplementation] = [.libssh2, .openssh]
  private static let options = SSHOptions(
    knownHostsFile: "/dev/null", connectTimeout: .seconds(2), usesAgent: false,
    configurationFile: "none")

  @Test(arguments: both) func aHostThatNeverAnswersMeetsTheDeadline(
    _ kind: SSHImplementation
  ) async throws {
    let (descriptor, port) = try Loopback.listen()
    defer { close(descriptor) }
    let start = ContinuousClock.now
    let reason = try await unreachable(kind, Host(name: "a", address: "127.0.0.1", port: port))
    let duration = ContinuousClock.now - start
    #expect(duration > .seconds(1.5) && duration < .seconds(20))
    #expect(reason.contains("127.0.0.1 port \(port)"))
    #expect(reason.contains("in time") || reason.contains("timed out"))
  }

  @Test(arguments: both) func aRefusedConnectionIsToldAtOnce(_ kind: SSHImplementation) async throws
  {
    let (descriptor, port) = try Loopback.listen()
    close(descriptor)
    let reason = try await unreachable(kind, Host(name: "a", address: "127.0.0.1", port: port))
    #expect(reason.lowercased().contains("connection refused"))
  }

  @Test(arguments: both) func anUnknownNameIsTold(_ kind: SSHImplementation) async throws {
    let reason = try await unreachable(kind, Host(name: "a", address: "no-such-host.invalid"))
    #expect(reason.contains("no-such-host.invalid"))
    #expect(reason.contains("resolve"))
  }

  @Test func whoIsCancelledDoesNotWait() async throws {
    let (descriptor, port) = try Loopback.listen()
    defer { close(descriptor) }
    var options = Self.options
    options.connectTimeout = .seconds(60)
    let dialer = SSHDialer(options: options)
    let start = ContinuousClock.now
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        _ = try? await dialer.dial(
          Host(name: "a", address: "127.0.0.1", port: port), command: "cat", receive: { _ in })
      }
      // The connector is in the middle of it: it has connected and waits for a greeting.
      let deadline = Deadline(after: .seconds(20))
      #expect(deadline.wait(for: Int32(POLLIN), on: descriptor))
      group.cancelAll()
    }
    #expect(ContinuousClock.now - start < .seconds(30))
    await dialer.shutDown()
  }

  @Test func fortyDeadHostsShareTheConnectors() async throws {
    let (descriptor, port) = try Loopback.listen()
    defer { close(descriptor) }
    var options = Self.options
    options.connectTimeout = .seconds(1)
    let dialer = SSHDialer(options: options)
    let start = ContinuousClock.now
    await withTaskGroup(of: Void.self) { group in
      for index in 0..<40 {
        group.addTask {
          _ = try? await dialer.dial(
            Host(name: "h\(index)", address: "127.0.0.1", port: port), command: "cat",
            receive: { _ in })
        }
      }
    }
    let duration = ContinuousClock.now - start
    #expect(duration > .seconds(2.5) && duration < .seconds(20))
    await dialer.shutDown()
  }

  private func unreachable(_ kind: SSHImplementation, _ host: RunbookCore.Host) async throws
    -> String
  {
    let dialer = kind.dialer(options: Self.options) { _ in }
    var failure: TransportError?
    do throws(TransportError) {
      _ = try await dialer.dial(host, command: "cat", receive: { _ in })
    } catch {
      failure = error
    }
    await dialer.shutDown()
    guard case .unreachable(let reason) = failure else {
      throw TestFailure("expected an unreachable host, got \(String(describing: failure))")
    }
    return reason
  }
}
