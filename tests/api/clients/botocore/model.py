"""Holds responses against the API model that botocore ships."""

import re
import xml.etree.ElementTree as ElementTree

NAMESPACE = "{https://route53.amazonaws.com/doc/2013-04-01/}"
# Required in the model, and left out by AWS: the servers of a private zone, the marker of a first page, and those that a
# last page has no use for.
LEFT_OUT = {("CreateHostedZoneResponse", "DelegationSet"), ("ListHostedZonesResponse", "Marker"),
            ("ListHealthChecksResponse", "Marker"), ("ListReusableDelegationSetsResponse", "Marker"),
            ("ListTrafficPoliciesResponse", "TrafficPolicyIdMarker"),
            ("ListTrafficPolicyVersionsResponse", "TrafficPolicyVersionMarker")}
# Codes that every operation may answer, and those that say that we do not have something yet.
COMMON_ERRORS = {"AccessDenied": 403, "MalformedInput": 400}
# Where the model says nothing of the status it is 400.
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class Checker:
    """Collects what is wrong with the responses of a client, and which operations were seen to succeed."""

    def __init__(self, client):
        self.problems = []
        self.seen = set()
        client.meta.events.register("after-call.route53.*", self.after_call)

    def after_call(self, http_response, parsed, model, **_):
        self.where = model.name
        headers = http_response.headers
        text = http_response.content.decode()
        self.expect(headers.get("x-amzn-RequestId"), "no x-amzn-RequestId")
        self.expect(headers.get("Content-Type") == "text/xml", f"Content-Type {headers.get('Content-Type')}")
        self.expect(text.startswith('<?xml version="1.0"?>\n') and text.count("\n") == 1 + text.count("&#10;"),
                    "the document is not on one line", text)
        root = ElementTree.fromstring(text)
        if http_response.status_code >= 300:
            self.check_error(http_response, parsed, model, root)
            return
        self.seen.add(model.name)
        self.expect(http_response.status_code == model.http.get("responseCode", 200),
                    f"status {http_response.status_code}, not {model.http.get('responseCode', 200)}")
        shape = model.output_shape
        self.expect(root.tag == NAMESPACE + f"{model.name}Response", f"root {root.tag}")
        if shape is None:
            self.expect(not len(root), "an empty response has members")
            return
        in_header = {name for name, member in shape.members.items() if member.serialization.get("location") == "header"}
        for name in in_header:
            location = headers.get(shape.members[name].serialization["name"], "")
            self.expect(re.fullmatch(r"https://route53\.amazonaws\.com/2013-04-01/[a-z]+(/[\w-]+)+", location),
                        f"Location {location!r}")
        self.check_structure(root, shape, in_header)

    def check_error(self, response, parsed, model, root):
        error = root.find(f"{NAMESPACE}Error")
        self.expect(root.tag == f"{NAMESPACE}ErrorResponse" and error is not None, f"error root {root.tag}")
        if error is None:
            return
        tags = [child.tag.replace(NAMESPACE, "") for child in error]
        self.expect(tags in (["Type", "Code", "Message"], ["Type", "Code", "Message", "Errors"]), f"an error has {tags}")
        shape = {shape.error_code: shape for shape in model.error_shapes}.get(error.findtext(f"{NAMESPACE}Code"))
        details = error.find(f"{NAMESPACE}Errors")
        self.expect((shape is not None and "Errors" in shape.members) == (details is not None), "Errors, or none of them")
        if details is not None and shape is not None:
            self.check(details, shape.members["Errors"])
        code = error.findtext(f"{NAMESPACE}Code")
        known = {shape.error_code: shape.metadata.get("error", {}).get("httpStatusCode", 400) for shape in model.error_shapes}
        known.update(COMMON_ERRORS)
        self.expect(code in known, f"the model does not know the error {code}")
        self.expect(response.status_code == known.get(code), f"{code} with status {response.status_code}, not {known.get(code)}")
        self.expect(root.findtext(f"{NAMESPACE}RequestId") == response.headers.get("x-amzn-RequestId"), "RequestId differs")
        self.expect(parsed["Error"]["Message"], "an error without a message")

    def check_structure(self, element, shape, elsewhere=()):
        members = {member.serialization.get("name", name): (name, member) for name, member in shape.members.items()
                   if name not in elsewhere}
        tags = [child.tag.replace(NAMESPACE, "") for child in element]
        self.expect(len(tags) == len(set(tags)), f"{shape.name} has {tags}")
        for child in element:
            tag = child.tag.replace(NAMESPACE, "")
            if tag not in members:
                self.expect(False, f"{shape.name} has no member {tag}")
                continue
            self.check(child, members[tag][1])
        order = [tag for tag in members if tag in tags]
        self.expect(order == tags, f"{shape.name} is in the order {tags}, not {order}")
        for name in shape.required_members:
            if name in elsewhere or (shape.name, name) in LEFT_OUT:
                continue
            wire = shape.members[name].serialization.get("name", name)
            self.expect(wire in tags, f"{shape.name} lacks {wire}")

    def check(self, element, shape):
        kind = shape.type_name
        if kind == "structure":
            return self.check_structure(element, shape)
        if kind == "list":
            item = shape.member.serialization.get("name", "member")
            for child in element:
                self.expect(child.tag == NAMESPACE + item, f"{shape.name} holds {child.tag}, not {item}")
                self.check(child, shape.member)
            return self.check_length(len(element), shape)
        text = element.text or ""
        self.expect(not len(element), f"{shape.name} has elements in it")
        if kind == "boolean":
            self.expect(text in ("true", "false"), f"{shape.name} is {text!r}")
        elif kind in ("integer", "long"):
            self.expect(re.fullmatch(r"-?\d+", text), f"{shape.name} is {text!r}")
            limits = shape.metadata
            if re.fullmatch(r"-?\d+", text):
                self.expect(limits.get("min", int(text)) <= int(text) <= limits.get("max", int(text)), f"{shape.name} is {text}")
        elif kind == "timestamp":
            self.expect(TIME.fullmatch(text), f"{shape.name} is {text!r}")
        elif kind == "string":
            self.check_length(len(text), shape)
            if shape.enum:
                self.expect(text in shape.enum, f"{shape.name} is {text!r}")
            if pattern := shape.metadata.get("pattern"):
                self.expect(re.search(pattern.replace("\\p{ASCII}", "[\\x00-\\x7f]"), text), f"{shape.name} is {text!r}")

    def check_length(self, length, shape):
        # AWS's own ids are longer than the model says, for it counts them without their prefix.
        if shape.name in ("ResourceId", "ChangeId"):
            return
        limits = shape.metadata
        self.expect(limits.get("min", 0) <= length <= limits.get("max", length), f"{shape.name} has length {length}")

    def expect(self, truth, problem, text=""):
        if not truth:
            self.problems.append(f"{self.where}: {problem}{' in ' + text[:300] if text else ''}")
