import Foundation
import Glibc
import RunbookTestSupport
import Testing

/// `tcp` and `http` checks of a local step, with each program that a host may have for them.
@Suite("Checks that open a connection", .serialized)
struct ReachTests {
  private static let tools = ["curl", "python3", "wget"].filter {
    access("/usr/bin/\($0)", X_OK) == 0
  }

  /// Answers every connection with a status and `running`, on a thread of its own, until the
  /// descriptor is shut down.
  private static func serve(_ status: String) throws -> (descriptor: Int32, port: Int) {
    let (descriptor, port) = try Loopback.listen()
    let answer = "HTTP/1.1 \(status)\r\nContent-Length: 7\r\nConnection: close\r\n\r\nrunning"
    Thread.detachNewThread {
      while true {
        let client = accept(descriptor, nil, nil)
        if client < 0 { return }
        var request = [UInt8](repeating: 0, count: 4096)
        _ = read(client, &request, request.count)
        _ = Array(answer.utf8).withUnsafeBytes { write(client, $0.baseAddress, $0.count) }
        close(client)
      }
    }
    return (descriptor, port)
  }

  /// The exit status of a run of that check, and what it said.
  private func ask(_ check: String, only tool: String) async throws -> (status: Int, said: String) {
    let place = try Workplace()
    try place.writeRunbook("ask", "step ask { check \(check) }")
    let bin = place.directory + "/bin"
    let made = try await place.shell(
      "mkdir bin && ln -s /usr/bin/* /bin/* bin/ 2>/dev/null; cd bin && rm -f -- *curl* wget* python3*"
        + (tool.isEmpty ? "" : " && ln -s /usr/bin/\(tool) \(tool)"))
    #expect(made.status == 0, "\(made.text)")
    let result = try await place.shell("PATH='\(bin)' \"$reprise\" run ask")
    return (Int(result.status), result.text)
  }

  @Test(.timeLimit(.minutes(2)), .enabled(if: !tools.isEmpty, "none is here"), arguments: tools)
  func httpHoldsOrDoesNotByStatusAndText(_ tool: String) async throws {
    let (well, port) = try Self.serve("200 OK")
    let (ill, other) = try Self.serve("503 Service Unavailable")
    defer {
      for descriptor in [well, ill] {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
      }
    }
    let url = "http \"http://127.0.0.1:\(port)/health\""
    #expect(try await ask(url, only: tool).status == 0)
    #expect(try await ask(url + " is 200 says \"running\"", only: tool).status == 0)
    #expect(try await ask(url + " says \"walking\"", only: tool).said.contains("does not hold"))
    let refused = try await ask("http \"http://127.0.0.1:\(other)/health\"", only: tool)
    #expect(refused.status == 1 && refused.said.contains("does not hold"), "\(refused.said)")
    let turned = try await ask("not http \"http://127.0.0.1:\(other)/health\"", only: tool)
    #expect(turned.status == 0, "\(turned.said)")
  }

  @Test(.timeLimit(.minutes(2)), .enabled(if: !tools.isEmpty, "none is here"), arguments: tools)
  func noEncryptionCannotTell(_ tool: String) async throws {
    let (plain, port) = try Self.serve("200 OK")
    defer {
      shutdown(plain, Int32(SHUT_RDWR))
      close(plain)
    }
    let url = "http \"https://127.0.0.1:\(port)/\""
    let unknown = try await ask(url, only: tool)
    #expect(unknown.status == 1 && unknown.said.contains("the check can't tell"), "\(unknown.said)")
    #expect(!unknown.said.contains("found   000"), "\(unknown.said)")
    #expect(try await ask("not " + url, only: tool).status == 1)
  }

  @Test(.timeLimit(.minutes(2)))
  func noProgramCannotTell() async throws {
    let bare = try await ask("http \"http://127.0.0.1:1/\"", only: "")
    #expect(bare.status == 1)
    #expect(bare.said.contains("curl, python3 or wget is needed"), "\(bare.said)")
    // `not` does not swap it.
    #expect(try await ask("not http \"http://127.0.0.1:1/\"", only: "").status == 1)
  }

  @Test(.timeLimit(.minutes(1)))
  func tcpHoldsWhereSomebodyListens() async throws {
    let (descriptor, port) = try Loopback.listen()
    #expect(try await ask("tcp \"127.0.0.1:\(port)\"", only: "").status == 0)
    close(descriptor)
    let refused = try await ask("tcp \"127.0.0.1:\(port)\"", only: "")
    #expect(refused.status == 1 && refused.said.contains("does not hold"), "\(refused.said)")
  }
}
