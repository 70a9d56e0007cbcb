/// The code of `tcp` and `http` checks: opened from the step's host with what a minimal host has.
///
/// Exit status 0 holds, 1 refused or another answer, 3 cannot tell (no answer, no such name, a TLS
/// error, or nothing there that could ask).
enum ReachScript {
  static func tcp(variable: String) -> String {
    """
    target=$\(variable)
    \(split)
    if command -v bash >/dev/null 2>&1; then
      said=$(bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$reach_host" "$reach_port" 2>&1) && exit 0
    elif command -v python3 >/dev/null 2>&1; then
      said=$(python3 -c 'import socket, sys
    socket.create_connection((sys.argv[1], int(sys.argv[2])), 30)' \
        "$reach_host" "$reach_port" 2>&1) && exit 0
    elif command -v nc >/dev/null 2>&1; then
      said=$(nc -w 30 -z "$reach_host" "$reach_port" 2>&1) && exit 0
      said="$said refused"
    else
      echo "nothing here can open a connection: bash, python3 or nc is needed" >&2
      exit 3
    fi
    printf '%s\\n' "$said" | tail -n 1
    case $said in *[Rr]efused*) exit 1 ;; esac
    exit 3
    """
  }

  static func http(variable: String, status: Int) -> String {
    """
    target=$\(variable)
    if command -v curl >/dev/null 2>&1; then
      said=$(curl -sS -m 30 -w '\\n%{http_code}' -- "$target" 2>&1) || {
        code=$?
        said=${said%000}
        printf '%s\\n' "$said" | grep . | tail -n 1
        test "$code" != 7 || exit 1
        exit 3
      }
      found=${said##*
    }
      said=${said%
    *}
    elif command -v python3 >/dev/null 2>&1; then
      said=$(python3 -c 'import sys, urllib.request, urllib.error
    try:
        answer = urllib.request.urlopen(sys.argv[1], timeout=30)
    except urllib.error.HTTPError as error:
        answer = error
    except urllib.error.URLError as error:
        print(error.reason)
        sys.exit(1 if isinstance(error.reason, ConnectionRefusedError) else 3)
    print(answer.read(65536).decode("utf-8", "replace"))
    print(answer.code, end="")' "$target" 2>&1) || { code=$?; printf '%s\\n' "$said"; exit "$code"; }
      found=${said##*
    }
      said=${said%
    *}
    elif command -v wget >/dev/null 2>&1; then
      if test 200 != \(status); then
        echo "only wget is here, which does not tell \(status) from 200: install curl or python3"
        exit 3
      fi
      said=$(wget -q -T 30 -O - -- "$target" 2>&1) || {
        code=$?
        printf '%s\\n' "$said"
        test "$code" != 8 || exit 1
        case $said in *refused* | *"server returned error"*) exit 1 ;; esac
        exit 3
      }
      found=200
    else
      echo "nothing here can ask: curl, python3 or wget is needed" >&2
      exit 3
    fi
    printf '%s\\n' "$said"
    test "$found" = \(status) || { printf 'status %s\\n' "$found"; exit 1; }
    """
  }

  /// `host:port`, `[address]:port` into `$reach_host` and `$reach_port`.
  private static let split = """
    reach_port=${target##*:}
    reach_host=${target%:*}
    reach_host=${reach_host#[}
    reach_host=${reach_host%]}
    """
}
