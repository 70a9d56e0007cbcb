import Foundation
import RunbookCore

/// An adopted runbook in an event: plan, hosts and sources as texts of JSON, laid out as those that
/// a run began with.
extension JSONWriter {
  mutating func fields(of adoption: Adoption) {
    field("by", adoption.by)
    field("plan", Self.text(of: adoption.plan))
    field("binding", Self.text(of: adoption.binding))
    field("sources", Self.text(of: adoption.sources))
    field("renamed") {
      $0.array(adoption.renamed.sorted { $0.key < $1.key }) { json, names in
        json.object {
          $0.field("old", names.key)
          $0.field("new", names.value)
        }
      }
    }
    field("opened", adoption.opened)
    field("rerun") {
      $0.array(adoption.rerun) { json, task in json.object { $0.field("task", task) } }
    }
  }

  private static func text(of value: some Encodable) -> String {
    do {
      return String(decoding: try StoredSource.encoder.encode(value), as: UTF8.self)
    } catch {
      // Strings, integers and truths only: nothing that JSON could not say.
      preconditionFailure("adopted: \(error)")
    }
  }
}

extension Adoption {
  init(_ json: Fields) throws(EventCodingError) {
    var renamed: [StepPath: StepPath] = [:]
    let names = try json.list("renamed") { (element) throws(EventCodingError) in
      let fields = try Fields(element, of: "renamed")
      return (try fields.string("old"), try fields.string("new"))
    }
    for (old, new) in names { renamed[old] = new }
    self.init(
      plan: try Self.decode(Plan.self, json, "plan"),
      binding: try Self.decode(Binding.self, json, "binding"),
      sources: try Self.decode([String: String].self, json, "sources"), renamed: renamed,
      opened: try json.strings("opened"),
      rerun: try json.list("rerun") { (element) throws(EventCodingError) in
        try Fields(element, of: "rerun").task()
      }, by: try json.string("by"))
  }

  private static func decode<Value: Decodable>(
    _ type: Value.Type, _ json: Fields, _ key: StaticString
  ) throws(EventCodingError) -> Value {
    let text = try json.string(key)
    do {
      return try JSONDecoder().decode(type, from: Data(text.utf8))
    } catch {
      throw .malformed("\(key) of an adopted runbook: \(error)")
    }
  }
}
