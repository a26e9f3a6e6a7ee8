"""simple-salesforce as the eyes of the scripts in JavaScript: one JSON array of words a line, one answer a line."""

import json
import sys

import org


def answer(salesforce, verb, *words):
    match verb:
        case "query":
            return org.plain(salesforce.query_all(words[0])["records"])
        case "page":
            return org.plain(salesforce.query(words[0]))
        case "tooling":
            return org.plain(salesforce.toolingexecute("query/", params={"q": words[0]})["records"])
        case "describe":
            return getattr(salesforce, words[0]).describe()
        case "global":
            return salesforce.describe()
        case "limits":
            return salesforce.limits()
        case "whose":
            return org.salesforce(words[0]).oauth2("userinfo")
        case "get":
            return org.plain(getattr(salesforce, words[0]).get(words[1]))
        case "read":
            return org.metadata(salesforce, words[0]).read(words[1])
        case "list":
            queries = [salesforce.mdapi.ListMetadataQuery(type=words[0])]
            return [row["fullName"] for row in org.as_data(salesforce.mdapi.list_metadata(queries))]
    raise ValueError(f"no such verb: {verb}")


def main():
    salesforce = org.salesforce()
    for line in sys.stdin:
        try:
            reply = {"answer": org.as_data(answer(salesforce, *json.loads(line)))}
        except Exception as error:  # whatever it is, the script that asked reports it
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply, default=str), flush=True)


main()
