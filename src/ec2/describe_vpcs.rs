//! DescribeVpcs: what is asked of EC2, and what its answer says (EC2's Query API, version 2016-11-15).

use ipnet::IpNet;

use crate::api::xml::{self, Element};
use crate::model::{AwsRegion, Vpc, VpcId};

/// The largest page that EC2 gives.
const PAGE: usize = 1_000;

/// One page of VPCs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub vpcs: Vec<Vpc>,
    /// What the next page is asked for with, if there is one.
    pub next_token: Option<String>,
}

/// The form that asks for a page.
pub fn form(token: Option<&str>) -> String {
    let next = token.map(|token| format!("&NextToken={}", encoded(token))).unwrap_or_default();
    format!("Action=DescribeVpcs&Version=2016-11-15&MaxResults={PAGE}{next}")
}

/// Reads a page of this region.
///
/// # Errors
///
/// What EC2 says instead, or what in its answer cannot be understood.
pub fn read(body: &[u8], region: AwsRegion) -> Result<Page, String> {
    let root = xml::read(body).map_err(|problem| format!("its answer cannot be understood: {problem}"))?;
    if root.name() != "DescribeVpcsResponse" {
        return Err(error_of(&root).unwrap_or_else(|| format!("it answers with {:?}", root.name())));
    }
    let set = root.child("vpcSet").map(Element::children).unwrap_or_default();
    let vpcs = set.iter().map(|item| read_vpc(item, region)).collect::<Result<_, _>>()?;
    Ok(Page { vpcs, next_token: text(&root, "nextToken").filter(|token| !token.is_empty()).map(str::to_owned) })
}

fn read_vpc(item: &Element, region: AwsRegion) -> Result<Vpc, String> {
    let id = text(item, "vpcId").ok_or("it tells of a VPC without an id")?;
    let id = VpcId::new(id).map_err(|error| format!("it tells of a VPC {id:?}: {error}"))?;
    let of = |set: &str, state: &str, block: &str| -> Result<Vec<IpNet>, String> {
        let items = item.child(set).map(Element::children).unwrap_or_default();
        let associated = items.iter().filter(|it| {
            let state = it.child(state).and_then(|it| text(it, "state"));
            matches!(state, None | Some("associated" | "associating"))
        });
        let blocks = associated.filter_map(|it| text(it, block));
        blocks.map(|block| network(block).ok_or_else(|| format!("it tells of a network {block:?} of {id}"))).collect()
    };
    let mut cidrs = of("cidrBlockAssociationSet", "cidrBlockState", "cidrBlock")?;
    // What tells of no associations has the one that the VPC was made with.
    if cidrs.is_empty() {
        cidrs.extend(text(item, "cidrBlock").and_then(network));
    }
    cidrs.extend(of("ipv6CidrBlockAssociationSet", "ipv6CidrBlockState", "ipv6CidrBlock")?);
    Ok(Vpc { id, region, cidrs })
}

fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().map(|network: IpNet| network.trunc())
}

fn text<'e>(element: &'e Element, name: &str) -> Option<&'e str> {
    element.child(name)?.text().ok().map(str::trim)
}

/// `UnauthorizedOperation: You are not authorized …`.
fn error_of(root: &Element) -> Option<String> {
    let error = root.child("Errors")?.child("Error")?;
    Some(format!("{}: {}", text(error, "Code")?, text(error, "Message").unwrap_or_default()))
}

fn encoded(token: &str) -> String {
    crate::api::canonical_request::encoded(token.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<DescribeVpcsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
  <requestId>7a62c442-3484-4f42-9342-6942EXAMPLE</requestId>
  <vpcSet>
    <item>
      <vpcId>vpc-1a2b3c4d</vpcId><state>available</state><cidrBlock>10.0.0.0/23</cidrBlock>
      <cidrBlockAssociationSet>
        <item>
          <cidrBlock>10.0.0.0/23</cidrBlock><associationId>vpc-cidr-assoc-1</associationId>
          <cidrBlockState><state>associated</state></cidrBlockState>
        </item>
        <item><cidrBlock>10.9.0.0/16</cidrBlock><cidrBlockState><state>disassociated</state></cidrBlockState></item>
        <item><cidrBlock>10.8.0.0/16</cidrBlock><cidrBlockState><state>associated</state></cidrBlockState></item>
      </cidrBlockAssociationSet>
      <ipv6CidrBlockAssociationSet>
        <item>
          <ipv6CidrBlock>2001:db8:1234:1a00::/56</ipv6CidrBlock>
          <ipv6CidrBlockState><state>associated</state></ipv6CidrBlockState>
        </item>
      </ipv6CidrBlockAssociationSet>
      <isDefault>false</isDefault>
    </item>
    <item><vpcId>vpc-2</vpcId><cidrBlock>172.31.0.0/16</cidrBlock></item>
  </vpcSet>
  <nextToken>a+b/c=</nextToken>
</DescribeVpcsResponse>"#;

    #[test]
    fn a_page_has_the_networks_that_are_associated() {
        let page = read(ANSWER.as_bytes(), AwsRegion::EuWest1).unwrap();
        let cidrs = |vpc: &Vpc| vpc.cidrs.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let seen: Vec<_> = page.vpcs.iter().map(|vpc| format!("{}: {}", vpc.id, cidrs(vpc))).collect();
        assert_eq!(seen, ["vpc-1a2b3c4d: 10.0.0.0/23 10.8.0.0/16 2001:db8:1234:1a00::/56", "vpc-2: 172.31.0.0/16"]);
        assert!(page.vpcs.iter().all(|vpc| vpc.region == AwsRegion::EuWest1));
        let next = form(page.next_token.as_deref());
        assert_eq!(next, "Action=DescribeVpcs&Version=2016-11-15&MaxResults=1000&NextToken=a%2Bb%2Fc%3D");
    }

    #[test]
    fn what_is_no_page_is_told() {
        for (body, expected) in [
            (
                "<Response><Errors><Error><Code>AuthFailure</Code><Message>No.</Message></Error></Errors></Response>",
                "AuthFailure: No.",
            ),
            ("<html/>", "it answers with \"html\""),
            ("", "its answer cannot be understood: there is no document"),
            (
                "<DescribeVpcsResponse><vpcSet><item/></vpcSet></DescribeVpcsResponse>",
                "it tells of a VPC without an id",
            ),
        ] {
            assert_eq!(read(body.as_bytes(), AwsRegion::EuWest1).unwrap_err(), expected);
        }
        let none = read(b"<DescribeVpcsResponse><vpcSet/></DescribeVpcsResponse>", AwsRegion::EuWest1).unwrap();
        assert_eq!(none, Page { vpcs: Vec::new(), next_token: None });
    }
}
