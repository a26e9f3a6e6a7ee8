"""The org as simple-salesforce sees it: over https, through the relay."""

import os

from simple_salesforce import Salesforce

VERSION = "62.0"


def salesforce(token=None):
    """A connection; the client knows https only, so it goes through the relay."""
    return Salesforce(
        instance=os.environ["ORG_HTTPS_HOST"],
        session_id=token or os.environ["ORG_ACCESS_TOKEN"],
        version=VERSION,
    )


def plain(value):
    """Records without the attributes that tell where they came from."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items() if key != "attributes"}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


def metadata(salesforce, kind):
    """The Metadata API's components of a type."""
    return getattr(salesforce.mdapi, kind)


def as_data(value):
    """Objects of the SOAP library as dictionaries and lists."""
    from zeep.helpers import serialize_object

    return serialize_object(value, dict)
