/// The hash chain of a run: each event's hash covers the one before, so that a stored byte that
/// changes later is found at the event it belongs to.
///
/// All numbers are eight bytes, most significant first; every part of variable length stands after
/// its length, so that no two inputs give the same bytes.
///
///     first  = SHA-256(length ‖ part, for each of: id, description, plan, sources, binding)
///     hash n = SHA-256(hash n-1 ‖ n ‖ time ‖ length ‖ event ‖ SHA-256 of its output, if it has one)
enum Chain {
  /// What event 1 is chained to: everything that was stored with the run when it began.
  static func first(_ parts: [[UInt8]]) -> [UInt8] {
    var message: [UInt8] = []
    for part in parts {
      message.append(number: part.count)
      message.append(contentsOf: part)
    }
    return SHA256.hash(message)
  }

  static func next(
    after hash: [UInt8], sequence: Int, time: Int, event: [UInt8], outputDigest: [UInt8]?
  ) -> [UInt8] {
    var message: [UInt8] = []
    message.reserveCapacity(2 * SHA256.size + 24 + event.count)
    message.append(contentsOf: hash)
    message.append(number: sequence)
    message.append(number: time)
    message.append(number: event.count)
    message.append(contentsOf: event)
    if let outputDigest { message.append(contentsOf: outputDigest) }
    return SHA256.hash(message)
  }
}

extension [UInt8] {
  fileprivate mutating func append(number: Int) {
    for shift in stride(from: 56, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: number >> shift))
    }
  }
}
