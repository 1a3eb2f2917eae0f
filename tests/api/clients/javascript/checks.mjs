// The AWS SDK for JavaScript makes zones and records, and Node's resolver asks for them.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import dns from "node:dns/promises";
import { createRequire } from "node:module";
import { test } from "node:test";

const route53 = createRequire(`${process.env.MODULES}/`)("@aws-sdk/client-route-53");

// The endpoint, the region and the keys are in the environment, as they are for any client of the SDK.
const client = new route53.Route53({ maxAttempts: 1 });
const resolver = new dns.Resolver({ timeout: 10000, tries: 1 });
resolver.setServers([process.env.DNS_SERVER]);

async function zone(name, more = {}) {
  const created = await client.createHostedZone({ Name: name, CallerReference: randomUUID(), ...more });
  return created.HostedZone.Id;
}

function change(zone, ...changes) {
  const batch = changes.map(([Action, ResourceRecordSet]) => ({ Action, ResourceRecordSet }));
  return client.changeResourceRecordSets({ HostedZoneId: zone, ChangeBatch: { Changes: batch } });
}

function record(name, type, values, more = {}) {
  return { Name: name, Type: type, TTL: 60, ResourceRecords: values.map((Value) => ({ Value })), ...more };
}

// The SDK has no paginator for these.
async function records(zone, pageSize = 300) {
  const found = [];
  let start = {};
  for (;;) {
    const page = await client.listResourceRecordSets({ HostedZoneId: zone, MaxItems: pageSize, ...start });
    assert(page.ResourceRecordSets.length <= pageSize);
    found.push(...page.ResourceRecordSets);
    if (!page.IsTruncated) {
      return found;
    }
    start = {
      StartRecordName: page.NextRecordName, StartRecordType: page.NextRecordType,
      StartRecordIdentifier: page.NextRecordIdentifier,
    };
  }
}

async function refused(kind, promise) {
  try {
    await promise;
  } catch (error) {
    assert(error instanceof route53[kind], `${error.name}, not ${kind}: ${error.message}`);
    assert(error instanceof route53.Route53ServiceException);
    return error;
  }
  assert.fail(`no ${kind}`);
}

test("a zone is made, waited for, asked for and deleted", async () => {
  const created = await client.createHostedZone({
    Name: "Zone.Example", CallerReference: "zone", HostedZoneConfig: { Comment: "ä & <b>" },
  });
  const id = created.HostedZone.Id;
  assert.match(id, /^\/hostedzone\/Z[0-9A-Z]+$/);
  assert.deepEqual(created.HostedZone.Config, { Comment: "ä & <b>", PrivateZone: false });
  assert.equal(created.DelegationSet.NameServers.length, 4);
  assert(created.Location.endsWith(id));
  assert(created.ChangeInfo.SubmittedAt instanceof Date);
  const began = Date.now();
  const waited = await route53.waitUntilResourceRecordSetsChanged({ client, maxWaitTime: 60 }, { Id: created.ChangeInfo.Id });
  assert.equal(waited.state, "SUCCESS");
  assert(Date.now() - began < 5000, "the waiter has slept");
  assert.deepEqual((await resolver.resolveNs("zone.example")).sort(), created.DelegationSet.NameServers.sort());
  assert.equal((await resolver.resolveSoa("zone.example")).hostmaster, "awsdns-hostmaster.amazon.com");
  // With the prefix and without it.
  assert.deepEqual((await client.getHostedZone({ Id: id })).HostedZone, (await client.getHostedZone({ Id: id.split("/")[2] })).HostedZone);
  const again = await refused("HostedZoneAlreadyExists", client.createHostedZone({ Name: "other.example", CallerReference: "zone" }));
  assert.equal(again.message, "A hosted zone has already been created with the specified caller reference.");
  assert.equal(again.$metadata.httpStatusCode, 409);
  await client.deleteHostedZone({ Id: id });
  await refused("NoSuchHostedZone", client.getHostedZone({ Id: id }));
  await refused("NoSuchHostedZone", change(id, ["CREATE", record("a.zone.example", "A", ["192.0.2.1"])]));
  await refused("NoSuchChange", client.getChange({ Id: "/change/C0000000000" }));
  await refused("InvalidDomainName", client.createHostedZone({ Name: "a..b", CallerReference: "x" }));
  await assert.rejects(resolver.resolveSoa("zone.example"), { code: "EREFUSED" });
});

test("records of every type are answered as they were sent", async () => {
  const id = await zone("types.example");
  const at = (name) => `${name}.types.example`;
  const changed = await change(id,
    ["CREATE", record(at("a"), "A", ["192.0.2.1", "192.0.2.2"])],
    ["CREATE", record(at("aaaa"), "AAAA", ["2001:db8::1"])],
    ["CREATE", record(at("caa"), "CAA", ["0 issue \"ca.example\""])],
    ["CREATE", record(at("cname"), "CNAME", ["a.types.example"])],
    ["CREATE", record(at("mx"), "MX", ["10 mail.types.example", "20 mail2.types.example"])],
    ["CREATE", record(at("naptr"), "NAPTR", ["100 50 \"u\" \"E2U+sip\" \"!^.*$!sip:info@types.example!\" ."])],
    ["CREATE", record(at("ns"), "NS", ["ns1.other.example"])],
    ["CREATE", record(at("ptr"), "PTR", ["a.types.example"])],
    ["CREATE", record(at("_sip._tcp"), "SRV", ["1 2 5060 sip.types.example"])],
    ["CREATE", record(at("txt"), "TXT", ["\"one\" \"two\"", "\"a \\\"quoted\\\" \\344\""])],
    ["CREATE", record("*.types.example", "A", ["192.0.2.9"])],
    ["CREATE", { Name: at("alias"), Type: "A", AliasTarget: { HostedZoneId: id, DNSName: at("a"), EvaluateTargetHealth: false } }]);
  await route53.waitUntilResourceRecordSetsChanged({ client, maxWaitTime: 60 }, { Id: changed.ChangeInfo.Id });
  assert.deepEqual((await resolver.resolve4(at("a"))).sort(), ["192.0.2.1", "192.0.2.2"]);
  assert.deepEqual(await resolver.resolve4(at("a"), { ttl: true }).then((found) => found[0].ttl), 60);
  assert.deepEqual((await resolver.resolve4(at("alias"))).sort(), ["192.0.2.1", "192.0.2.2"]);
  assert.deepEqual((await resolver.resolve4(at("cname"))).sort(), ["192.0.2.1", "192.0.2.2"]);
  assert.deepEqual(await resolver.resolve4(at("anything")), ["192.0.2.9"]);
  assert.deepEqual(await resolver.resolve6(at("aaaa")), ["2001:db8::1"]);
  assert.deepEqual(await resolver.resolveCaa(at("caa")), [{ critical: 0, issue: "ca.example" }]);
  assert.deepEqual(await resolver.resolveCname(at("cname")), ["a.types.example"]);
  assert.deepEqual((await resolver.resolveMx(at("mx"))).map((it) => `${it.priority} ${it.exchange}`).sort(),
    ["10 mail.types.example", "20 mail2.types.example"]);
  assert.deepEqual(await resolver.resolveNaptr(at("naptr")), [{
    flags: "u", service: "E2U+sip", regexp: "!^.*$!sip:info@types.example!", replacement: "", order: 100, preference: 50,
  }]);
  assert.deepEqual(await resolver.resolvePtr(at("ptr")), ["a.types.example"]);
  assert.deepEqual(await resolver.resolveSrv(at("_sip._tcp")), [{ name: "sip.types.example", port: 5060, priority: 1, weight: 2 }]);
  const texts = await resolver.resolveTxt(at("txt"));
  assert(texts.some((it) => it.length === 2 && it[0] === "one" && it[1] === "two"), JSON.stringify(texts));
  await assert.rejects(resolver.resolve6(at("a")), { code: "ENODATA" });
  await assert.rejects(resolver.resolve4("a.a.types.example"), { code: "ENOTFOUND" });
  // What is below a delegation is elsewhere: a referral holds no answer.
  const listed = await records(id);
  assert.equal(listed.length, 14);
  assert.deepEqual(listed.find((it) => it.Name === "alias.types.example.").AliasTarget,
    { HostedZoneId: id.split("/")[2], DNSName: "a.types.example.", EvaluateTargetHealth: false });
  assert.equal(listed.find((it) => it.Type === "TXT").ResourceRecords[1].Value, "\"a \\\"quoted\\\" \\344\"");
  assert(listed.some((it) => it.Name === "\\052.types.example."));
});

test("every routing policy comes back as it was sent, and answers", async () => {
  const id = await zone("policy.example");
  const check = (await client.createHealthCheck({
    CallerReference: "policy", HealthCheckConfig: { Type: "TCP", IPAddress: "127.0.0.1", Port: 9, Disabled: true, Inverted: true },
  })).HealthCheck.Id;
  const collection = (await client.createCidrCollection({ Name: "js", CallerReference: "js" })).Collection.Id;
  await client.changeCidrCollection({
    Id: collection, Changes: [{ LocationName: "office", Action: "PUT", CidrList: ["198.51.100.0/24"] }],
  });
  const sets = [
    ["cidr", "a", { CidrRoutingConfig: { CollectionId: collection, LocationName: "*" } }],
    ["cidr", "b", { CidrRoutingConfig: { CollectionId: collection, LocationName: "office" } }],
    ["failover", "a", { Failover: "PRIMARY", HealthCheckId: check }],
    ["failover", "b", { Failover: "SECONDARY" }],
    ["geo", "a", { GeoLocation: { CountryCode: "*" } }],
    ["geo", "b", { GeoLocation: { ContinentCode: "EU" } }],
    ["geo", "c", { GeoLocation: { CountryCode: "US", SubdivisionCode: "CA" } }],
    ["latency", "a", { Region: "eu-west-1" }],
    ["latency", "b", { Region: "us-east-1" }],
    ["multi", "a", { MultiValueAnswer: true }],
    ["multi", "b", { MultiValueAnswer: true }],
    ["near", "a", { GeoProximityLocation: { AWSRegion: "eu-west-1", Bias: -10 } }],
    ["near", "b", { GeoProximityLocation: { Bias: 0, Coordinates: { Latitude: "10.5", Longitude: "-20" } } }],
    ["weighted", "a", { Weight: 0 }],
    ["weighted", "b", { Weight: 255 }],
  ].map(([name, SetIdentifier, policy]) =>
    record(`${name}.policy.example.`, "A", [`192.0.2.${SetIdentifier.charCodeAt(0) - 96}`], { SetIdentifier, ...policy }));
  await change(id, ...sets.map((it) => ["CREATE", it]));
  const plain = (it) => JSON.parse(JSON.stringify(it));
  const listed = (await records(id)).filter((it) => it.SetIdentifier);
  const key = (it) => it.Name + it.SetIdentifier;
  assert.deepEqual(plain(listed).sort((one, other) => (key(one) < key(other) ? -1 : 1)), plain(sets));
  const addresses = async (name) => (await resolver.resolve4(`${name}.policy.example`)).sort();
  assert.deepEqual(await addresses("cidr"), ["192.0.2.1"]);
  assert.deepEqual(await addresses("failover"), ["192.0.2.2"]);
  assert.deepEqual(await addresses("geo"), ["192.0.2.1"]);
  assert.deepEqual(await addresses("multi"), ["192.0.2.1", "192.0.2.2"]);
  assert.deepEqual(await addresses("weighted"), ["192.0.2.2"]);
  for (const name of ["latency", "near"]) {
    assert.equal((await addresses(name)).length, 1);
  }
  await change(id, ...listed.map((it) => ["DELETE", it]));
  await assert.rejects(resolver.resolve4("weighted.policy.example"), { code: "ENOTFOUND" });
  await client.deleteHostedZone({ Id: id });
  await client.deleteHealthCheck({ HealthCheckId: check });
});

test("pages of every size are one list", async () => {
  const id = await zone("pages.example");
  await change(id, ...[..."edcba"].flatMap((name) => [..."yx"].map((SetIdentifier) =>
    ["CREATE", record(`${name}.pages.example`, "A", ["192.0.2.1"], { SetIdentifier, Weight: 1 })])));
  const whole = await records(id);
  assert.equal(whole.length, 12);
  for (const size of [1, 2, 5, 12, 13]) {
    assert.deepEqual(await records(id, size), whole);
  }
  const zones = [];
  for (let number = 0; number < 5; number += 1) {
    zones.push(await zone(`page${number}.example`));
  }
  const listed = [];
  for await (const page of route53.paginateListHostedZones({ client, pageSize: 2 }, {})) {
    listed.push(...page.HostedZones.map((it) => it.Id));
  }
  assert(zones.every((it) => listed.includes(it)));
  assert.equal(listed.length, (await client.getHostedZoneCount({})).HostedZoneCount);
  const byName = await client.listHostedZonesByName({ DNSName: "page1.example", MaxItems: 2 });
  assert.deepEqual(byName.HostedZones.map((it) => it.Name), ["page1.example.", "page2.example."]);
});

test("a refused batch says all that is wrong with it and changes nothing", async () => {
  const id = await zone("batch.example");
  await change(id, ["CREATE", record("b.batch.example", "A", ["192.0.2.1"])]);
  const error = await refused("InvalidChangeBatch", change(id,
    ["CREATE", record("new.batch.example", "A", ["192.0.2.1"])],
    ["DELETE", record("c.batch.example", "A", ["192.0.2.1"])],
    ["CREATE", record("b.batch.example", "A", ["192.0.2.1"])]));
  const messages = [
    "Tried to delete resource record set [name='c.batch.example.', type='A'] but it was not found",
    "Tried to create resource record set [name='b.batch.example.', type='A'] but it already exists",
  ];
  assert.equal(error.message, `[${messages.join(", ")}]`);
  assert.equal(error.$metadata.httpStatusCode, 400);
  assert(error.$metadata.requestId);
  await assert.rejects(resolver.resolve4("new.batch.example"), { code: "ENOTFOUND" });
  await refused("HostedZoneNotEmpty", client.deleteHostedZone({ Id: id }));
  await refused("InvalidInput", change(id, ["CREATE", { Name: "x.batch.example", Type: "A" }]));
  await refused("NoSuchHealthCheck", change(id, ["CREATE", record("x.batch.example", "A", ["192.0.2.1"], { HealthCheckId: randomUUID() })]));
});

test("health checks have versions, tags and pages", async () => {
  const HealthCheckConfig = {
    Type: "HTTPS_STR_MATCH", FullyQualifiedDomainName: "localhost", IPAddress: "127.0.0.1", Port: 9, ResourcePath: "/?a=1&b=<2>",
    SearchString: "it's \"fine\" & <well>", RequestInterval: 30, FailureThreshold: 2, MeasureLatency: true, EnableSNI: true,
    Regions: ["eu-west-1", "us-east-1", "ap-southeast-1"], Disabled: true,
  };
  const created = await client.createHealthCheck({ CallerReference: "check", HealthCheckConfig });
  const id = created.HealthCheck.Id;
  for (const [name, value] of Object.entries(HealthCheckConfig)) {
    const found = created.HealthCheck.HealthCheckConfig[name];
    assert.deepEqual(name === "Regions" ? found.sort() : found, name === "Regions" ? value.sort() : value, name);
  }
  assert.equal(created.HealthCheck.HealthCheckVersion, 1);
  const changed = await client.updateHealthCheck({ HealthCheckId: id, HealthCheckVersion: 1, FailureThreshold: 5 });
  assert.equal(changed.HealthCheck.HealthCheckVersion, 2);
  await refused("HealthCheckVersionMismatch", client.updateHealthCheck({ HealthCheckId: id, HealthCheckVersion: 1, Inverted: true }));
  await client.changeTagsForResource({ ResourceType: "healthcheck", ResourceId: id, AddTags: [{ Key: "Name", Value: "js" }] });
  assert.deepEqual((await client.listTagsForResource({ ResourceType: "healthcheck", ResourceId: id })).ResourceTagSet.Tags,
    [{ Key: "Name", Value: "js" }]);
  await client.createHealthCheck({
    CallerReference: "sum", HealthCheckConfig: { Type: "CALCULATED", HealthThreshold: 1, ChildHealthChecks: [id] },
  });
  const listed = [];
  for await (const page of route53.paginateListHealthChecks({ client, pageSize: 1 }, {})) {
    assert.equal(page.HealthChecks.length, 1);
    listed.push(...page.HealthChecks);
  }
  assert(listed.some((it) => it.Id === id && it.HealthCheckConfig.FailureThreshold === 5));
  const sum = listed.find((it) => it.CallerReference === "sum");
  assert.deepEqual(sum.HealthCheckConfig.ChildHealthChecks, [id]);
  await client.deleteHealthCheck({ HealthCheckId: sum.Id });
  await client.deleteHealthCheck({ HealthCheckId: id });
  await refused("NoSuchHealthCheck", client.getHealthCheck({ HealthCheckId: id }));
});

test("private zones have VPCs", async () => {
  const VPC = { VPCRegion: "us-west-2", VPCId: "vpc-0js" };
  const id = await zone("private.example", { VPC, HostedZoneConfig: { PrivateZone: true } });
  assert.deepEqual((await client.getHostedZone({ Id: id })).VPCs, [VPC]);
  assert.deepEqual((await client.listHostedZonesByVPC({ ...VPC })).HostedZoneSummaries.map((it) => it.HostedZoneId), [id.split("/")[2]]);
  await refused("LastVPCAssociation", client.disassociateVPCFromHostedZone({ HostedZoneId: id, VPC }));
  await assert.rejects(resolver.resolveSoa("private.example"), { code: "EREFUSED" });
  await client.deleteHostedZone({ Id: id });
});
