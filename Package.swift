// swift-tools-version: 6.1
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .unsafeFlags(["-warnings-as-errors"]),
]

let package = Package(
  name: "reprise",
  products: [
    .executable(name: "reprise", targets: ["reprise"])
  ],
  dependencies: [
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
  ],
  targets: [
    .systemLibrary(
      name: "CLibSSH2", pkgConfig: "libssh2", providers: [.apt(["libssh2-1-dev"])]),
    .systemLibrary(
      name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CSpawn"),
    .target(name: "RunbookCore", swiftSettings: strict),
    .target(name: "RunbookLanguage", dependencies: ["RunbookCore"], swiftSettings: strict),
    .target(
      name: "RunbookEngine", dependencies: ["RunbookCore"],
      resources: [
        .embedInCode("Actions/write.sh"), .embedInCode("Actions/stash.sh"),
        .embedInCode("Actions/lock.sh"), .embedInCode("Actions/report.sh"),
        .embedInCode("Actions/left.sh"), .embedInCode("Actions/upload.sh"),
      ],
      swiftSettings: strict),
    .target(name: "RunbookReport", dependencies: ["RunbookCore"], swiftSettings: strict),
    .target(
      name: "RunbookJournal",
      dependencies: [
        "RunbookCore", "RunbookEngine", "CCrypto",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: strict),
    .target(
      name: "RunbookTransport",
      dependencies: ["RunbookCore", "RunbookEngine", "CLibSSH2", "CSpawn"],
      resources: [.embedInCode("supervisor.sh"), .embedInCode("bring.sh")],
      swiftSettings: strict),
    .executableTarget(
      name: "reprise",
      dependencies: [
        "RunbookCore", "RunbookLanguage", "RunbookEngine", "RunbookJournal", "RunbookTransport",
        "RunbookReport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    .target(
      name: "RunbookTestSupport",
      dependencies: ["RunbookCore", "RunbookEngine", "CSpawn"],
      path: "Tests/RunbookTestSupport", swiftSettings: strict),
    .target(
      name: "LanguageFuzzing", dependencies: ["RunbookLanguage"],
      path: "Benchmarks/LanguageFuzzing", swiftSettings: strict),
    .executableTarget(
      name: "fuzz-language", dependencies: ["LanguageFuzzing"],
      path: "Benchmarks/fuzz-language", swiftSettings: strict),
    .executableTarget(
      name: "bench-language", dependencies: ["LanguageFuzzing"],
      path: "Benchmarks/bench-language", swiftSettings: strict),
    .testTarget(
      name: "RunbookCoreTests", dependencies: ["RunbookCore", "RunbookTestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "RunbookLanguageTests",
      dependencies: ["RunbookLanguage", "RunbookTestSupport", "LanguageFuzzing"],
      exclude: ["Fixtures"], swiftSettings: strict),
    .testTarget(
      name: "RunbookEngineTests",
      dependencies: ["RunbookEngine", "RunbookTestSupport"], swiftSettings: strict),
    .testTarget(
      name: "RunbookJournalTests",
      dependencies: ["RunbookJournal", "RunbookTestSupport", "JournalTestWriter"],
      exclude: ["Fixtures"], swiftSettings: strict),
    .executableTarget(
      name: "JournalTestWriter", dependencies: ["RunbookJournal", "RunbookTestSupport"],
      path: "Tests/JournalTestWriter", swiftSettings: strict),
    .testTarget(
      name: "RunbookTransportTests",
      dependencies: ["RunbookTransport", "RunbookTestSupport"], swiftSettings: strict),
    .testTarget(
      name: "RunbookReportTests",
      dependencies: ["RunbookReport", "RunbookTestSupport"], swiftSettings: strict),
    .testTarget(
      name: "SimulationTests",
      dependencies: ["RunbookEngine", "RunbookLanguage", "RunbookTestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "EndToEndTests", dependencies: ["RunbookTestSupport", "reprise"],
      exclude: ["Fixtures"], swiftSettings: strict),
    .testTarget(
      name: "LabTests", dependencies: ["RunbookTestSupport"], swiftSettings: strict),
    .testTarget(
      name: "ArchitectureTests", dependencies: ["RunbookTestSupport"], swiftSettings: strict),
  ]
)
