# Reads a FAT16 volume on its own terms and prints what is in it as JSON, with the SHA-256 of every file. Written from the
# specification and not from the writer: it follows every chain, and refuses what no reader should have to guess.
import hashlib
import json
import struct
import sys


def refuse(why):
    raise SystemExit("not a sound volume: " + why)


with open(sys.argv[1], "rb") as image:
    volume = image.read()

if volume[510:512] != b"\x55\xaa":
    refuse("no signature")
sector, per_cluster, reserved, tables, root_entries = struct.unpack_from("<HBHBH", volume, 11)
table_sectors = struct.unpack_from("<H", volume, 22)[0]
sectors = struct.unpack_from("<I", volume, 32)[0]
if sectors * sector != len(volume):
    refuse("the size is %d, and the file has %d" % (sectors * sector, len(volume)))
table_bytes = table_sectors * sector
first_table = volume[reserved * sector:reserved * sector + table_bytes]
for copy in range(1, tables):
    at = (reserved + copy * table_sectors) * sector
    if volume[at:at + table_bytes] != first_table:
        refuse("the tables differ")
root_at = (reserved + tables * table_sectors) * sector
data_at = root_at + root_entries * 32
cluster_bytes = per_cluster * sector
clusters = (len(volume) - data_at) // cluster_bytes
if not 4085 <= clusters < 65525:
    refuse("%d clusters make no FAT16" % clusters)
table = struct.unpack("<%dH" % (table_bytes // 2), first_table)
used = set()


def chain(cluster):
    parts = []
    while cluster < 0xFFF8:
        if cluster < 2 or cluster >= clusters + 2 or cluster in used:
            refuse("cluster %d is out of range or used twice" % cluster)
        used.add(cluster)
        at = data_at + (cluster - 2) * cluster_bytes
        parts.append(volume[at:at + cluster_bytes])
        cluster = table[cluster]
    return b"".join(parts)


def checksum(short):
    total = 0
    for byte in short:
        total = ((total & 1) << 7) + (total >> 1) + byte & 0xFF
    return total


def long_name(parts, short):
    if not parts:
        return None
    if [number & 0x3F for number, _, _ in parts] != list(range(len(parts), 0, -1)) or not parts[0][0] & 0x40:
        refuse("the parts of a long name are out of order")
    if any(total != checksum(short) for _, total, _ in parts):
        refuse("a long name has another short name's checksum")
    units = b"".join(text for _, _, text in reversed(parts))
    whole = [units[at:at + 2] for at in range(0, len(units), 2)]
    if b"\0\0" in whole:
        end = whole.index(b"\0\0")
        if any(unit != b"\xff\xff" for unit in whole[end + 1:]):
            refuse("something stands behind a long name's end")
        whole = whole[:end]
    return b"".join(whole).decode("utf-16-le")


def walk(data, path, own, parent):
    parts, shorts, names = [], set(), set()
    for at in range(0, len(data), 32):
        entry = data[at:at + 32]
        if entry[0] == 0:
            if any(data[at:]):
                refuse("something stands behind a directory's end")
            break
        attributes = entry[11]
        if attributes == 0x0F:
            parts.append((entry[0], entry[13], entry[1:11] + entry[14:26] + entry[28:32]))
            continue
        short = entry[:11]
        cluster, size = struct.unpack_from("<HI", entry, 26)
        if short in shorts:
            refuse("two short names are the same: %r" % short)
        shorts.add(short)
        if attributes & 0x08:
            found["label"] = short.decode("ascii").rstrip()
            continue
        if short.startswith(b"."):
            if cluster != (own if short == b".          " else parent):
                refuse("a dot entry points elsewhere")
            continue
        plain = short[:8].decode("ascii").rstrip()
        if short[8:].strip():
            plain += "." + short[8:].decode("ascii").rstrip()
        name = long_name(parts, short) or plain
        parts = []
        for spelling in {name.upper(), plain}:
            if spelling in names:
                refuse("a name is found twice: " + spelling)
            names.add(spelling)
        found["times"].add(entry[14:18] + entry[22:26])
        if attributes & 0x10:
            walk(chain(cluster), path + name + "/", cluster, own)
            continue
        content = b"" if cluster == 0 else chain(cluster)
        if (len(content) + cluster_bytes - 1) // cluster_bytes != (size + cluster_bytes - 1) // cluster_bytes:
            refuse("a chain is not as long as its file")
        found["files"][path + name] = hashlib.sha256(content[:size]).hexdigest()


found = {"label": None, "files": {}, "times": set()}
walk(volume[root_at:data_at], "", 0, 0)
if {cluster for cluster in range(2, clusters + 2) if table[cluster]} != used:
    refuse("clusters are taken that nothing uses")
found["id"] = struct.unpack_from("<I", volume, 39)[0]
found["boot_label"] = volume[43:54].decode("ascii").rstrip()
found["times"] = [time.hex() for time in sorted(found["times"])]
json.dump(found, sys.stdout)
