import RunbookCore

/// The JSON of an event: what stands in the journal and what `history --events --json` prints.
///
/// One object for each event. `event` is the name of its case; the other fields are named beside
/// the cases in `EventCoding+Encode.swift`, and these rules hold for all of them:
///
/// - A `host` that is missing (or null in a list) is the machine that runs the engine; a `batch`
///   that is missing is empty; any other optional field is left out where it has no value.
/// - Times are milliseconds since 1970 in UTC, durations milliseconds, sizes and offsets bytes.
/// - Bytes that a program printed are a string where they are UTF-8, else `{"base64":"…"}`.
/// - Fields are only ever added. A reader passes over a field that it does not know; an event, a
///   state or a reason that it does not know was written by a newer version.
///
/// Example:
///
///     {"event":"attemptStarted","task":{"step":"precheck/xfs","host":"db-1"},
///      "attempt":{"key":"t12-1","number":1,"purpose":"forward"}}
package enum EventCoding {
  /// The bytes of `event`, the same for equal events.
  package static func encode(_ event: Event) -> [UInt8] {
    var json = JSONWriter()
    json.object { $0.fields(of: event) }
    return json.bytes
  }

  /// The event in `bytes`.
  ///
  /// - Throws: `unknown` for what only a newer version writes, `malformed` for damaged bytes.
  package static func decode(_ bytes: some Collection<UInt8>) throws(EventCodingError) -> Event {
    let json: JSON
    do {
      json = try JSONReader.parse(bytes)
    } catch let error as JSONSyntaxError {
      throw .malformed("\(error.reason) at byte \(error.offset)")
    } catch {
      throw .malformed("\(error)")
    }
    return try Event(Fields(json, of: "event"))
  }
}

/// Why bytes are not an event.
package enum EventCodingError: Error, Hashable, Sendable {
  /// `what` (an event, a failure, …) has a name that this version does not know.
  case unknown(what: String, name: String)
  case malformed(String)
}
