/// The fields of one JSON object while it is decoded; an error names the field.
struct Fields {
  private let members: [JSON.Member]
  private let owner: StaticString

  init(_ json: JSON, of owner: StaticString) throws(EventCodingError) {
    guard case .object(let members) = json else {
      throw .malformed("\(owner) is not an object")
    }
    self.members = members
    self.owner = owner
  }

  func string(_ key: StaticString) throws(EventCodingError) -> String {
    guard case .string(let text) = try value(key) else { throw wrong(key) }
    return text
  }

  func int(_ key: StaticString) throws(EventCodingError) -> Int {
    guard case .int(let number) = try value(key) else { throw wrong(key) }
    return number
  }

  func bool(_ key: StaticString) throws(EventCodingError) -> Bool {
    guard case .bool(let truth) = try value(key) else { throw wrong(key) }
    return truth
  }

  /// nil where the field is missing.
  func optionalString(_ key: StaticString) throws(EventCodingError) -> String? {
    has(key) ? try string(key) : nil
  }

  /// nil where the field is missing.
  func optionalInt(_ key: StaticString) throws(EventCodingError) -> Int? {
    has(key) ? try int(key) : nil
  }

  func object(_ key: StaticString) throws(EventCodingError) -> Fields {
    try Fields(try value(key), of: key)
  }

  /// Every element of a list, decoded.
  func list<Element>(
    _ key: StaticString, _ element: (JSON) throws(EventCodingError) -> Element?
  ) throws(EventCodingError) -> [Element] {
    guard case .array(let elements) = try value(key) else { throw wrong(key) }
    var decoded: [Element] = []
    decoded.reserveCapacity(elements.count)
    for json in elements {
      guard let one = try element(json) else { throw wrong(key) }
      decoded.append(one)
    }
    return decoded
  }

  /// A case of an enum by its raw value.
  func named<Name: RawRepresentable<String>>(
    _ key: StaticString, _ type: Name.Type = Name.self
  ) throws(EventCodingError) -> Name {
    let name = try string(key)
    guard let value = Name(rawValue: name) else { throw .unknown(what: "\(key)", name: name) }
    return value
  }

  func has(_ key: StaticString) -> Bool { members.contains { $0.key == key } }

  /// What a field of any type holds.
  func value(_ key: StaticString) throws(EventCodingError) -> JSON {
    guard let member = members.first(where: { $0.key == key }) else {
      throw .malformed("\(owner) lacks \(key)")
    }
    return member.value
  }

  private func wrong(_ key: StaticString) -> EventCodingError {
    .malformed("\(key) of \(owner) has another type")
  }
}

private func == (text: String, key: StaticString) -> Bool {
  var text = text
  return text.withUTF8 { text in
    key.withUTF8Buffer { text.count == $0.count && text.elementsEqual($0) }
  }
}
