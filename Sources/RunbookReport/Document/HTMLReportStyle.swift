/// How the page of a run looks: on a screen by day and by night, and on paper.
enum HTMLReportStyle {
  static let text = """

    :root { color-scheme: light dark; --line: #d0d4da; --back: #f5f6f8; --good: #116329;
      --bad: #b3261e; --doubt: #7d1f8a; --active: #0b5a8a; --undone: #8a5a00; --quiet: #5b6270; }
    @media (prefers-color-scheme: dark) { :root { --line: #3a3f47; --back: #1d2025;
      --good: #6fd08c; --bad: #ff8a80; --doubt: #d79be0; --active: #7cc4f0; --undone: #e5b769;
      --quiet: #a2a9b5; } }
    body { font: 15px/1.5 system-ui, sans-serif; margin: 0; }
    main { max-width: 72rem; margin: 0 auto; padding: 1.5rem; }
    h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .25rem; }
    h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
    h3 { font-size: 1rem; margin: 1rem 0 .25rem; }
    .status { font-size: 1.2rem; font-weight: 600; margin: 0 0 1rem; }
    .doc { white-space: pre-line; max-width: 48rem; }
    dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 0; }
    dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
    .table { overflow-x: auto; }
    table { border-collapse: collapse; width: 100%; }
    th, td { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0;
      border-bottom: 1px solid var(--line); }
    th { color: var(--quiet); font-weight: 500; }
    code, pre { font: 13px/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
    pre { background: var(--back); padding: .75rem; overflow-x: auto; white-space: pre-wrap; }
    footer { margin-top: 2rem; padding-top: .75rem; border-top: 1px solid var(--line);
      color: var(--quiet); overflow-wrap: anywhere; }
    .good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; }
    .doubt { color: var(--doubt); font-weight: 600; } .active { color: var(--active); }
    .undone { color: var(--undone); } .quiet { color: var(--quiet); }
    @media print { main { max-width: none; padding: 0; } .table { overflow: visible; }
      tr, pre { break-inside: avoid; } }

    """
}
