"""Holds documents to JSON schemas. Standard input: a JSON list of {"schema": ..., "document": ...}; standard output: for each
of them the list of what is wrong with the document."""
import json
import sys

from jsonschema import Draft202012Validator, FormatChecker


def main():
    json.dump([complaints(**one) for one in json.load(sys.stdin)], sys.stdout)


def complaints(schema, document):
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(document)]


main()
