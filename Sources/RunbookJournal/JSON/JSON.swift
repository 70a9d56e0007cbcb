/// A parsed JSON value. Numbers are integers: the journal holds no others.
enum JSON: Equatable {
  case null
  case bool(Bool)
  case int(Int)
  case string(String)
  case array([JSON])
  case object([Member])

  struct Member: Equatable {
    var key: String
    var value: JSON
  }
}

/// Where and why bytes are not the JSON that the journal writes.
struct JSONSyntaxError: Error, Equatable {
  var offset: Int
  var reason: String
}
