import Foundation
import Glibc

/// A port on 127.0.0.1 that passes connections on to another one and cuts each of them off when its
/// client has spoken for the Nth time: a host that goes down at that moment.
package struct CuttingRelay: Sendable {
  package let port: Int
  private let listener: Int32
  private let target: Int
  private let cut: Int

  /// - Parameter cut: what the client says for the `cut`th time, from 1, does not arrive any more.
  package init(to target: Int, cut: Int) throws {
    (listener, port) = try Loopback.listen()
    self.target = target
    self.cut = cut
    let relay = self
    Thread.detachNewThread { relay.serve() }
  }

  /// No connection is accepted any more.
  package func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  private func serve() {
    while true {
      let client = accept(listener, nil, nil)
      guard client >= 0 else { return }
      if let server = try? Loopback.connect(port: target) {
        pass(client, server)
        close(server)
      }
      close(client)
    }
  }

  private func pass(_ client: Int32, _ server: Int32) {
    var spoken = 0
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      var waiting = [
        pollfd(fd: client, events: Int16(POLLIN), revents: 0),
        pollfd(fd: server, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&waiting, 2, 30_000) > 0 else { return }
      for (from, to) in [(0, server), (1, client)] where waiting[from].revents != 0 {
        let count = read(waiting[from].fd, &buffer, buffer.count)
        guard count > 0 else { return }
        if from == 0 {
          spoken += 1
          if spoken == cut { return }
        }
        guard send(to, buffer, count, Int32(MSG_NOSIGNAL)) == count else { return }
      }
    }
  }
}
