/// An object of one line of `--json`, its fields in the order in which they were set.
package struct JSONObject: Sendable {
  package enum Value: Sendable {
    case string(String)
    case int(Int)
    case bool(Bool)
    case array([Value])
    case object(JSONObject)
  }
  private var fields: [(key: String, value: Value)] = []

  package init() {}

  /// Setting nil leaves the field out.
  package subscript(key: String) -> Value? {
    get { fields.first { $0.key == key }?.value }
    set {
      fields.removeAll { $0.key == key }
      if let newValue { fields.append((key, newValue)) }
    }
  }

  /// Without a line end.
  package var text: String {
    "{" + fields.map { Self.quoted($0.key) + ":" + Self.text($0.value) }.joined(separator: ",")
      + "}"
  }

  private static func text(_ value: Value) -> String {
    switch value {
    case .string(let text): quoted(text)
    case .int(let number): String(number)
    case .bool(let truth): truth ? "true" : "false"
    case .array(let values): "[" + values.map(text).joined(separator: ",") + "]"
    case .object(let object): object.text
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default:
        if scalar.value < 0x20 || scalar.value == 0x7F {
          let digits = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}
