import RunbookCore

/// Text to plan: the entrance of this module.
///
///     let result = Compiler.compile(file: runbook, site: site) { name in readPart(name) }
///     print(DiagnosticRenderer.render(result.diagnostics))
///
/// Reading goes in three passes, each a folder of this module: `Syntax` turns text into a tree,
/// `Analysis` gives its names a meaning and lowers it into the plan, and `Inventory` later binds the
/// plan to hosts and inputs. None of them reads a file: the caller hands texts in.
package enum Compiler {
  package struct Result: Sendable {
    /// nil where there are errors, and for parts and site files, which are only checked.
    package var plan: Plan?
    /// What could be made of a runbook in spite of errors, for `Binder.examine`; nil where not even
    /// its inventory is known.
    package var draft: Plan?
    /// In reading order, each mistake once.
    package var diagnostics: [Diagnostic]
    /// Every file that took part, the runbook first: they are stored with a run.
    package var sources: [SourceFile]

    package var hasErrors: Bool { diagnostics.contains(where: \.isError) }
  }

  /// Compiles a runbook; a part or a site file is checked by itself.
  ///
  /// - Parameters:
  ///   - file: the text; a file called `site.runbook` is a site file.
  ///   - site: what every runbook of the site shares, where there is one.
  ///   - partNames: the parts there are, for suggestions.
  ///   - parts: the text of `parts/NAME.runbook`, or nil where there is none.
  package static func compile(
    file: SourceFile, site: SourceFile? = nil, partNames: [String] = [],
    parts: (String) -> SourceFile? = { _ in nil }
  ) -> Result {
    withoutActuallyEscaping(parts) { parts in
      var loader = FileLoader(partNames: partNames, parts: parts)
      let isSite = file.name.split(separator: "/").last == "site.runbook"
      guard let main = loader.load(file, isSite: isSite) else {
        return Result(
          plan: nil, draft: nil, diagnostics: loader.diagnostics.inReadingOrder(),
          sources: loader.sources)
      }
      loader.checkPlace(of: main)
      let siteFile = isSite ? nil : site.flatMap { loader.load($0, isSite: true) }
      var lowering = Lowering(loader, site: siteFile, main: main)
      let plan = lowering.run()
      return Result(
        plan: lowering.loader.diagnostics.hasErrors ? nil : plan,
        draft: lowering.hasLostInventory ? nil : plan,
        diagnostics: lowering.loader.diagnostics.inReadingOrder(),
        sources: lowering.loader.sources)
    }
  }
}
