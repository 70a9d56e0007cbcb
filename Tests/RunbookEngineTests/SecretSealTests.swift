import RunbookCore
import Testing

@testable import RunbookEngine

@Suite("Whether a secret has changed since an attempt started")
struct SecretSealTests {
  private func vault(_ values: String...) -> SecretVault {
    var vault = SecretVault([], reader: nil)
    for value in values { vault.keep(["password": Array(value.utf8)]) }
    return vault
  }

  @Test func aSealCoversTheSameValueOnly() throws {
    let seal = try #require(vault("first value").seal(["password"], salt: 77))
    #expect(vault("first value").covers(seal))
    #expect(!vault("first valuf").covers(seal))
    #expect(!SecretVault([], reader: nil).covers(seal))
  }

  @Test func aValueThatThisProcessHadBeforeIsStillMasked() throws {
    let seal = try #require(vault("first value").seal(["password"], salt: 77))
    #expect(vault("first value", "second value").covers(seal))
  }

  @Test func anAttemptWithoutSecretsHasNoSeal() {
    #expect(vault("first value").seal([], salt: 77) == nil)
    #expect(SecretVault([], reader: nil).covers(nil))
  }

  @Test func sixteenBitsThatTheSaltChanges() throws {
    var checks: Set<Int> = []
    for salt in 0..<4000 {
      let check = try #require(
        vault("first value").seal(["password"], salt: salt)?.checks["password"])
      #expect((0..<65536).contains(check))
      checks.insert(check)
    }
    // So many draws of 65,536 give about 3,880 different ones.
    #expect(checks.count > 3700)
  }
}
