-- A file of schema version 1, as a run left it that was detached from. Never changed once version 1
-- is released; until then made anew where the schema changes.
CREATE TABLE run (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  description BLOB NOT NULL,
  plan BLOB NOT NULL,
  sources BLOB NOT NULL,
  binding BLOB NOT NULL,
  start BLOB NOT NULL
) STRICT;
INSERT INTO run VALUES(1,'7f3c',CAST('{"event":"runStarted","run":"7f3c","runbook":"hello","title":"Hello","operator":"root","machine":"install-01"}' AS BLOB),CAST('{"body":[{"step":{"_0":{"action":{"run":{"_0":{"isShell":true,"origin":{"column":1,"file":"hello.runbook","line":1},"text":"echo hello\n"}}},"checks":[],"documentation":"","environment":0,"name":"greet","onFailure":"stop","origin":{"column":1,"file":"hello.runbook","line":1},"outputs":[],"path":"greet","requires":[],"rerunIfInterrupted":false,"rollback":{"notNeeded":{}},"unless":[]}}}],"documentation":"Says hello.","environments":[],"groups":[],"inputs":[],"locks":[],"name":"hello","onFailure":"stop","origin":{"column":1,"file":"hello.runbook","line":1},"questions":[],"reports":[],"secrets":[],"title":"Hello"}' AS BLOB),CAST('{"hello.runbook":"runbook hello\n"}' AS BLOB),CAST('{"groups":{"db":["db-0"]},"hosts":[{"address":"10.0.0.0","columns":{},"name":"db-0"}],"inputs":{"wait":{"duration":{"_0":1500}}}}' AS BLOB),X'6a7cbfa3bd1fcafb738ab6dcb32a6ea3e4269a05e5e1e7fcd98e9b55a1f1c060');
CREATE TABLE head (
  run INTEGER PRIMARY KEY REFERENCES run (number),
  epoch INTEGER NOT NULL,
  events INTEGER NOT NULL,
  hash BLOB NOT NULL
) STRICT;
INSERT INTO head VALUES(1,1,9,X'2d92b20968f8a7b14533194a7b64fd0d4783f935d9e23c770425a23cd07bc765');
CREATE TABLE event (
  run INTEGER NOT NULL REFERENCES run (number),
  sequence INTEGER NOT NULL,
  time INTEGER NOT NULL,
  body BLOB NOT NULL,
  output BLOB,
  hash BLOB NOT NULL,
  PRIMARY KEY (run, sequence)
) STRICT, WITHOUT ROWID;
INSERT INTO event VALUES(1,1,1700000000000,CAST('{"event":"runStarted","run":"7f3c","runbook":"hello","title":"Hello","operator":"root","machine":"install-01"}' AS BLOB),NULL,X'72f8d23939ddbfc81e315e9d2cd5c9855522ee6fbfbd425f42e721f9a75cbc2c');
INSERT INTO event VALUES(1,2,1700000000000,CAST('{"event":"ownerTook","epoch":1,"process":4711,"operator":"root"}' AS BLOB),NULL,X'23021772d9d3dab041ef82b8996c65370a7cb7838ace4b3457a6e00afd291789');
INSERT INTO event VALUES(1,3,1700000000000,CAST('{"event":"locksTaken","names":["cluster"]}' AS BLOB),NULL,X'ba36ffebb3a3cb5aabc2b0ba4882d16ff96c232a82071c78c0ef2ec077875f31');
INSERT INTO event VALUES(1,4,1700000000000,CAST('{"event":"attemptStarted","task":{"step":"greet","host":"db-1"},"attempt":{"key":"k1","number":1,"purpose":"forward"}}' AS BLOB),NULL,X'e074e61228cec5bcccd7f2dfaaa7270dac615e4bcc9f9e3bbb809e0e7f924a2a');
INSERT INTO event VALUES(1,5,1700000000000,CAST('{"event":"outputReceived","key":"k1","stream":"output","generation":0,"offset":0,"length":6}' AS BLOB),X'5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03',X'b2d85b26823d11dfb217c913f3d32991087f59405feb6bfbf0484ad4f9055578');
INSERT INTO event VALUES(1,6,1700000000000,CAST('{"event":"taskEnded","task":{"step":"greet","host":"db-1"},"outcome":{"outcome":"done"}}' AS BLOB),NULL,X'23458a5038676c044ff8f5f0d546fff10eeca92f383de2243a34bb52d850f1bd');
INSERT INTO event VALUES(1,7,1700000000000,CAST('{"event":"confirmed","task":{"step":"stop"},"by":"ada"}' AS BLOB),NULL,X'b52ff3fcfa283f0ed870ea1c0093ac749a62610eb3762ac249f7b5e15916527d');
INSERT INTO event VALUES(1,8,1700000000000,CAST('{"event":"outputSkipped","key":"k1","stream":"output","generation":0,"offset":6,"length":9}' AS BLOB),NULL,X'7debe904a6c9c8256309cf927fde7a1ec66c00f6a834417143d2cb26e1a93909');
INSERT INTO event VALUES(1,9,1700000000000,CAST('{"event":"ownerLeft","reason":"detached"}' AS BLOB),NULL,X'2d92b20968f8a7b14533194a7b64fd0d4783f935d9e23c770425a23cd07bc765');
CREATE TABLE output (
  piece INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES run (number),
  key TEXT NOT NULL,
  stream TEXT NOT NULL,
  generation INTEGER NOT NULL,
  offset INTEGER NOT NULL,
  length INTEGER NOT NULL,
  bytes BLOB
) STRICT;
INSERT INTO output VALUES(1,1,'k1','output',0,0,6,X'68656c6c6f0a');
INSERT INTO output VALUES(2,1,'k1','output',0,6,9,NULL);
CREATE TABLE request (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run INTEGER NOT NULL REFERENCES run (number),
  kind TEXT NOT NULL,
  step TEXT,
  by TEXT NOT NULL,
  taken INTEGER
) STRICT;
INSERT INTO request VALUES(1,1,'approve','stop','ada',7);
INSERT INTO request VALUES(2,1,'cancel',NULL,'bob',NULL);
CREATE TABLE summary (
  run INTEGER PRIMARY KEY REFERENCES run (number),
  runbook TEXT NOT NULL,
  title TEXT,
  operator TEXT NOT NULL,
  machine TEXT NOT NULL,
  hosts INTEGER NOT NULL,
  started INTEGER,
  ended INTEGER,
  outcome TEXT,
  stopped BLOB
) STRICT;
INSERT INTO summary VALUES(1,'hello','Hello','root','install-01',1,1700000000000,NULL,NULL,CAST('{"event":"ownerLeft","reason":"detached"}' AS BLOB));
CREATE TABLE held (
  name TEXT PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES run (number)
) STRICT, WITHOUT ROWID;
INSERT INTO held VALUES('cluster',1);
CREATE UNIQUE INDEX output_by_offset ON output (run, key, stream, generation, offset);
CREATE INDEX request_waiting ON request (run) WHERE taken IS NULL;
CREATE INDEX summary_by_runbook ON summary (runbook, run);
CREATE INDEX held_by_run ON held (run);
PRAGMA application_id = 1380995667;
PRAGMA user_version = 1;
