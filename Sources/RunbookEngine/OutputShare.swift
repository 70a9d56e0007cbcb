import RunbookCore

/// What of a stream is journaled: half of the limit from its beginning, the rest from its end.
///
/// The end is known when the action is over. Until then nothing after the head is fetched; it waits
/// on the host, whose disk gets back what can't be part of the tail any more.
struct OutputShare: Hashable {
  /// Everything before this offset is passed over now.
  var skipsTo: Int?
  /// Bytes from the present offset on that may be journaled now.
  var room: Int

  /// A host with this much more than the limit gets space back.
  private static let slack = 1 << 20

  /// - Parameters:
  ///   - size: what the host has of the stream's generation.
  ///   - isOver: and it will not have more.
  init(limit: Int, _ stream: StreamState, size: Int, isOver: Bool) {
    let left = max(0, limit - stream.kept)
    let head = Self.head(limit, stream)
    let waiting = size - stream.offset
    if isOver, waiting <= left {
      room = left
    } else if head > 0 {
      room = head
    } else {
      room = 0
      if isOver || waiting - left > max(limit, Self.slack) { skipsTo = size - left }
    }
  }

  /// Bytes that are journaled as they come.
  static func head(_ limit: Int, _ stream: StreamState) -> Int {
    max(0, limit - limit / 2 - stream.kept)
  }
}

extension RunDriver {
  /// Where a look begins to read a stream: beyond any end where only its size is asked for.
  func offset(_ stream: StreamState, isOver: Bool) -> Int {
    let waits = !isOver && OutputShare.head(options.outputLimit, stream) == 0
    return waits ? Look.beyond : stream.offset
  }
}
