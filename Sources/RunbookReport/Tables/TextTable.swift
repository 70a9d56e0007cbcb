/// Rows whose columns stand below each other, two blanks apart.
struct TextTable {
  private var rows: [[Line]] = []
  /// Columns that stand at the right, such as durations.
  let rightAligned: Set<Int>

  init(header: [String], rightAligned: Set<Int> = []) {
    self.rightAligned = rightAligned
    if !header.isEmpty { rows.append(header.map { Line($0, .quiet) }) }
  }

  mutating func add(_ cells: [Line]) { rows.append(cells) }

  var lines: [Line] {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in
      rows.map { row in
        // The last cell of a row that is shorter than others runs over what they have there.
        let isMeasured = row.count == count || column + 1 < row.count
        return column < row.count && isMeasured ? row[column].width : 0
      }.max() ?? 0
    }
    return rows.map { row in
      var line = Line()
      var column = 0
      for (index, cell) in row.enumerated() {
        let slack = rightAligned.contains(index) ? widths[index] - cell.width : 0
        if !cell.spans.isEmpty, cell.width > 0 {
          line.pad(to: column + slack)
          line.append(cell)
        }
        column += widths[index] + 2
      }
      return line
    }
  }
}
