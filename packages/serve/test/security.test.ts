/** TLS, certificates of clients and tokens, over HTTP, gRPC and the admin listener. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { Client, credentials, Metadata, type ServiceError, status as Status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withDefaults } from "../src/config/read-config.ts";
import { GRPCInferenceService } from "../src/proto/open_inference_pb.ts";
import { exposureWarnings, isLoopback } from "../src/security/exposure.ts";
import { Tokens } from "../src/security/tokens.ts";
import { Authority, type Certificate } from "./support/certificates.ts";
import { startCommand } from "./support/child.ts";
import { fixture, rowTexts } from "./support/fixture.ts";
import { type Running, send, startService, until } from "./support/service.ts";

const OF = fixture("binary-logistic");
const folder = mkdtempSync(join(tmpdir(), "xgboost-infer-security-"));
afterAll(() => rmSync(folder, { recursive: true }));

const INFER = "/v2/models/m/infer";
const BODY = JSON.stringify({
  inputs: [{ name: "rows", shape: [1, OF.cols], datatype: "FP32", data: rowTexts(OF, [0])[0]!.map(Number) }],
});

describe("TLS", () => {
  let running: Running;
  let authority: Authority;
  let other: Authority;
  let client: Certificate;
  const cert = join(folder, "served.pem");
  const key = join(folder, "served.key");
  const use = (issued: Certificate) => {
    copyFileSync(issued.cert, cert);
    copyFileSync(issued.key, key);
  };

  beforeAll(async () => {
    authority = new Authority(folder, "authority");
    other = new Authority(folder, "other");
    client = authority.issue("client");
    use(authority.issue("first"));
    running = await startService(
      { "m.ubj": OF.model },
      { tlsCert: cert, tlsKey: key, tlsClientCa: authority.path, headersTimeout: 500 },
    );
  });
  afterAll(() => running.stop());

  const identity = (of: Certificate = client) => ({
    ca: authority.pem,
    cert: readFileSync(of.cert),
    key: readFileSync(of.key),
  });

  /** Status and the name in the server's certificate. */
  function get(port: number, path: string, agent: Agent, body?: string): Promise<[number, string]> {
    return new Promise((resolve, reject) => {
      const options = {
        port,
        host: "127.0.0.1",
        servername: "localhost",
        path,
        agent,
        method: body === undefined ? "GET" : "POST",
      };
      const sent = request(options, (response) => {
        const { subject } = (response.socket as ReturnType<typeof connect>).getPeerCertificate();
        response.resume();
        response.on("end", () => resolve([response.statusCode!, String(subject.CN)]));
      });
      sent.on("error", reject);
      sent.setHeader("Content-Type", "application/json");
      sent.end(body);
    });
  }

  function grpc(of: ReturnType<typeof identity>): Client {
    const own = credentials.createSsl(of.ca, of.key, of.cert);
    return new Client(`127.0.0.1:${running.service.grpcPort}`, own, { "grpc.use_local_subchannel_pool": 1 });
  }

  const call = (of: Client, metadata = new Metadata()) =>
    new Promise<Status>((resolve) => {
      const path = `/${GRPCInferenceService.typeName}/ServerMetadata`;
      const as = (bytes: Buffer) => bytes;
      of.makeUnaryRequest(
        path,
        as,
        as,
        Buffer.alloc(0),
        metadata,
        { deadline: Date.now() + 5_000 },
        (error) => resolve(error === null ? Status.OK : (error as ServiceError).code),
      );
    });

  it("is spoken on all three ports", async () => {
    const { port, adminPort } = running.service;
    const agent = new Agent(identity());
    expect(await get(port, INFER, agent, BODY)).toEqual([200, "first"]);
    expect(await get(adminPort, "/metrics", agent)).toEqual([200, "first"]);
    expect(await running.service.metrics.text()).toMatch(/certificate_expiry_seconds \d{10}\n/);
    const over = grpc(identity());
    expect(await call(over)).toBe(Status.OK);
    over.close();
    agent.destroy();
  });

  it("needs a certificate of the client, by an authority that is known", async () => {
    const { port, adminPort } = running.service;
    const strange = identity(other.issue("stranger"));
    for (const each of [port, adminPort]) {
      await expect(get(each, "/v2/health/live", new Agent({ ca: authority.pem }))).rejects.toThrow();
      await expect(get(each, "/v2/health/live", new Agent(strange))).rejects.toThrow();
    }
    const over = grpc(strange);
    expect(await call(over)).not.toBe(Status.OK);
    over.close();
  });

  it("does not answer plaintext, and closes connections without a handshake", async () => {
    const { port, grpcPort } = running.service;
    await expect(send(port, "/v2/health/live")).rejects.toThrow();
    for (const each of [port, grpcPort]) {
      const begin = performance.now();
      await new Promise<void>((resolve) => {
        const socket = connectTcp(each, "127.0.0.1");
        socket.on("error", () => undefined);
        socket.on("close", () => resolve());
        socket.resume();
      });
      expect(performance.now() - begin).toBeLessThan(5_000);
    }
  });

  it("does not speak versions before 1.2", async () => {
    const outcome = await new Promise<string>((resolve) => {
      const socket = connect(
        { ...identity(), port: running.service.port, maxVersion: "TLSv1.1", minVersion: "TLSv1" },
        () => resolve("connected"),
      );
      socket.on("error", (error) => resolve(error.message));
    });
    expect(outcome).not.toBe("connected");
  });

  it("takes a new certificate on reload, without an end to open connections", async () => {
    const { port } = running.service;
    const open = new Agent({ ...identity(), keepAlive: true, maxSockets: 1 });
    const over = grpc(identity());
    expect(await get(port, INFER, open, BODY)).toEqual([200, "first"]);
    expect(await call(over)).toBe(Status.OK);
    let going = true;
    let answered = 0;
    const work = Array.from({ length: 4 }, async () => {
      const agent = new Agent({ ...identity(), keepAlive: true, maxSockets: 1 });
      while (going) {
        expect((await get(port, INFER, agent, BODY))[0]).toBe(200);
        expect(await call(over)).toBe(Status.OK);
        answered++;
      }
      agent.destroy();
    });
    use(authority.issue("second"));
    await running.service.reload();
    expect(await get(port, INFER, open, BODY)).toEqual([200, "first"]);
    const anew = new Agent(identity());
    expect(await get(port, INFER, anew, BODY)).toEqual([200, "second"]);
    going = false;
    await Promise.all(work);
    expect(answered).toBeGreaterThan(0);
    over.close();
    open.destroy();
    anew.destroy();
  });

  it("keeps the certificate where the new one cannot be used", async () => {
    writeFileSync(cert, "nonsense");
    await running.service.reload();
    const agent = new Agent(identity());
    expect(await get(running.service.port, INFER, agent, BODY)).toEqual([200, "second"]);
    agent.destroy();
    running.flushLog();
    expect(readFileSync(running.logFile, "utf8")).toContain("certificates or tokens stay as they were");
  });
});

describe("files that cannot be used", () => {
  it.each<[string, Record<string, string>, RegExp]>([
    [
      "no certificate",
      { tlsCert: "/nowhere/cert", tlsKey: "/nowhere/key" },
      /--tls-cert \/nowhere\/cert: ENOENT/,
    ],
    ["no token file", { tokenFile: "/nowhere/tokens" }, /--token-file \/nowhere\/tokens: ENOENT/],
  ])("%s: the service does not start, and says why", async (_, settings, message) => {
    await expect(startService({ "m.ubj": OF.model }, settings)).rejects.toThrow(message);
  });

  it("a key of another certificate", async () => {
    const authority = new Authority(folder, "third");
    const [a, b] = [authority.issue("a"), authority.issue("b")];
    await expect(startService({}, { tlsCert: a.cert, tlsKey: b.key })).rejects.toThrow(
      /--tls-cert .*a\.pem, --tls-key .*b\.key: .*mismatch/,
    );
    await expect(startService({}, { tlsCert: a.cert, tlsKey: a.key, tlsClientCa: a.key })).rejects.toThrow(
      /--tls-client-ca .*expected certificates in PEM/,
    );
  });

  it.each([
    ["", /no token, expected one a line/],
    ["# only a comment\n\n", /no token/],
    ["good\ntwo words\n", /line 2 is no token/],
    ["naïve\n", /line 1 is no token/],
  ])("tokens in %j", (content, message) => {
    const path = join(folder, "bad");
    writeFileSync(path, content);
    expect(() => new Tokens(path).load()).toThrow(message);
  });
});

describe("tokens", () => {
  let running: Running;
  const path = join(folder, "tokens");
  const OLD = "old-token.1234567890";
  const NEW = "new/token+1234567890==";

  beforeAll(async () => {
    writeFileSync(path, `# rotated each month\n${OLD}\n`);
    running = await startService({ "m.ubj": OF.model }, { tokenFile: path });
  });
  afterAll(() => running.stop());

  const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

  async function grpc(path: string, token?: string): Promise<[Status, string]> {
    const metadata = new Metadata();
    if (token !== undefined) {
      metadata.set("authorization", token);
    }
    const client = new Client(`127.0.0.1:${running.service.grpcPort}`, credentials.createInsecure());
    const as = (bytes: Buffer) => bytes;
    const found = await new Promise<[Status, string]>((resolve) => {
      client.makeUnaryRequest(path, as, as, Buffer.alloc(0), metadata, (error) =>
        resolve(error === null ? [Status.OK, ""] : [error.code, error.details]),
      );
    });
    client.close();
    return found;
  }

  const refused = [
    ["none", {}],
    ["another", bearer("x".repeat(20))],
    ["a part of it", bearer(OLD.slice(0, -1))],
    ["more than it", bearer(`${OLD}x`)],
    ["another scheme", { Authorization: `Basic ${OLD}` }],
    ["no scheme", { Authorization: OLD }],
    ["an empty one", { Authorization: "Bearer " }],
    ["that of a comment", bearer("#")],
  ] as const;

  it.each(refused)("%s is refused on every path, known or not", async (_, headers) => {
    for (const to of [
      "/v2",
      INFER,
      "/",
      "/invocations",
      "/openapi.json",
      "/nothing",
      "/v1/models/m:predict",
    ]) {
      const answer = await running.send(to, { headers, method: "POST", body: {} });
      expect([to, answer.status]).toEqual([to, 401]);
      expect(answer.headers["www-authenticate"]).toBe("Bearer");
      expect(answer.json()).toEqual({ error: expect.stringMatching(/token/) });
      expect(answer.bytes.toString()).not.toContain(OLD);
    }
    for (const to of ["/metrics", "/v2/repository/index", "/log/level"]) {
      expect((await running.admin(to, { headers, method: "POST" })).status).toBe(401);
    }
  });

  it.each(refused)("%s is refused over gRPC", async (_, { Authorization }: { Authorization?: string }) => {
    for (const method of [
      "inference.GRPCInferenceService/ModelInfer",
      "xgboost_infer.v1.ScoringService/Score",
    ]) {
      expect(await grpc(`/${method}`, Authorization)).toEqual([
        Status.UNAUTHENTICATED,
        expect.stringMatching(/token/),
      ]);
    }
  });

  it("is good on all ports", async () => {
    const headers = { ...bearer(OLD), "Content-Type": "application/json" };
    expect((await running.send(INFER, { headers, body: BODY })).status).toBe(200);
    expect((await running.send("/v2", { headers: { authorization: `bearer  ${OLD}` } })).status).toBe(200);
    expect((await running.admin("/metrics", { headers })).status).toBe(200);
    const [code] = await grpc("/inference.GRPCInferenceService/ServerMetadata", `Bearer ${OLD}`);
    expect(code).toBe(Status.OK);
  });

  it("is not needed for health", async () => {
    for (const to of ["/v2/health/live", "/v2/health/ready", "/ping", "/health"]) {
      expect((await running.send(to)).status).toBe(200);
    }
    expect((await running.admin("/v2/health/ready")).status).toBe(200);
    for (const method of ["grpc.health.v1.Health/Check", "inference.GRPCInferenceService/ServerReady"]) {
      expect((await grpc(`/${method}`))[0]).toBe(Status.OK);
    }
  });

  it("is logged and counted when it is missing, and never written", async () => {
    await running.send("/v2", { headers: bearer("secret-of-another") });
    const metrics = (await running.admin("/metrics", { headers: bearer(OLD) })).bytes.toString();
    expect(metrics).toMatch(/requests_total\{protocol="oip-rest",model="",outcome="unauthenticated"\} \d/);
    expect(metrics).toMatch(/requests_total\{protocol="grpc",model="",outcome="unauthenticated"\} \d/);
    running.flushLog();
    const log = readFileSync(running.logFile, "utf8");
    expect(log).toContain('"failure":"unauthenticated"');
    expect(log).not.toMatch(/secret-of-another|old-token/);
  });

  it("may be two while one takes the place of the other", async () => {
    const statuses = async () => {
      const found = [];
      for (const token of [OLD, NEW]) {
        found.push((await running.send("/v2", { headers: bearer(token) })).status);
      }
      return found;
    };
    expect(await statuses()).toEqual([200, 401]);
    writeFileSync(path, `${OLD}\n${NEW}\n`);
    await running.service.reload();
    expect(await statuses()).toEqual([200, 200]);
    writeFileSync(path, `${NEW}\r\n`);
    await running.service.reload();
    expect(await statuses()).toEqual([401, 200]);
    writeFileSync(path, "");
    await running.service.reload();
    expect(await statuses()).toEqual([401, 200]);
  });
});

describe("listeners beyond this machine", () => {
  const warnings = (settings: object) => exposureWarnings(withDefaults(settings));

  it("are warned of where nothing protects them", () => {
    expect(warnings({})).toEqual([]);
    expect(warnings({ host: "0.0.0.0" })).toEqual([expect.stringMatching(/--host 0\.0\.0\.0.*can score/)]);
    expect(warnings({ host: "0.0.0.0", tokenFile: "t" })).toEqual([]);
    expect(warnings({ host: "0.0.0.0", tlsCert: "c" })).toEqual([]);
    expect(warnings({ adminHost: "10.0.0.1", tlsCert: "c" })).toEqual([
      expect.stringMatching(/--admin-host/),
    ]);
    expect(warnings({ adminHost: "::", tlsCert: "c", tlsClientCa: "a" })).toEqual([]);
    expect(warnings({ host: "::", adminHost: "::" }).length).toBe(2);
  });

  it("are all but those of loopback", () => {
    expect(["127.0.0.1", "127.1.2.3", "::1", "localhost"].every(isLoopback)).toBe(true);
    expect(["0.0.0.0", "::", "10.0.0.1", "example.org", "127.example.org"].some(isLoopback)).toBe(false);
  });

  it("listen all the same, and the log says it", async () => {
    const running = await startService({ "m.ubj": OF.model }, { host: "0.0.0.0" });
    expect((await running.send("/v2")).status).toBe(200);
    running.flushLog();
    expect(readFileSync(running.logFile, "utf8")).toContain("whoever reaches this machine can score");
    await running.stop();
  });
});

describe("several processes", () => {
  it("have one certificate and one list of tokens, which all read anew on SIGHUP", async () => {
    const authority = new Authority(folder, "shared");
    const [cert, key, tokens] = ["shared-served.pem", "shared-served.key", "shared-tokens"].map((name) =>
      join(folder, name),
    ) as [string, string, string];
    const use = (issued: Certificate, token: string) => {
      copyFileSync(issued.cert, cert);
      copyFileSync(issued.key, key);
      writeFileSync(tokens, token);
    };
    use(authority.issue("shared-first"), "first");
    const command = await startCommand({ "m.ubj": OF.model }, [
      ...["--workers", "2", "--tls-cert", cert, "--tls-key", key, "--token-file", tokens],
    ]);
    /** Status by token, over a new connection. */
    const ask = (port: number, token: string) =>
      new Promise<[number, string]>((resolve, reject) => {
        const options = { port, host: "127.0.0.1", servername: "localhost", path: "/v2/models/m/ready" };
        const sent = request({ ...options, ca: authority.pem, agent: false }, (response) => {
          const { subject } = (response.socket as ReturnType<typeof connect>).getPeerCertificate();
          response.resume();
          response.on("end", () => resolve([response.statusCode!, String(subject.CN)]));
        });
        sent.on("error", reject);
        sent.setHeader("Authorization", `Bearer ${token}`);
        sent.end();
      });
    for (let i = 0; i < 6; i++) {
      expect(await ask(command.port, "first")).toEqual([200, "shared-first"]);
      expect(await ask(command.port, "second")).toEqual([401, "shared-first"]);
    }
    expect((await ask(command.adminPort, "second"))[0]).toBe(401);
    use(authority.issue("shared-second"), "second");
    command.child.kill("SIGHUP");
    await until(async () => (await ask(command.port, "second")).join() === "200,shared-second");
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (let i = 0; i < 6; i++) {
      expect(await ask(command.port, "second")).toEqual([200, "shared-second"]);
      expect(await ask(command.port, "first")).toEqual([401, "shared-second"]);
    }
    expect((await ask(command.adminPort, "first"))[0]).toBe(401);
    expect([await command.stop(), command.complaints()]).toEqual([0, ""]);
  }, 120_000);
});
