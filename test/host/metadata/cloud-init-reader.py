"""Reads with cloud-init's own modules what novalet wrote, and prints as JSON what they made of it.

Standard input has a JSON list of jobs, each {"do": NAME, ...}; standard output gets the list of their results.
Nothing of this host is configured, and nothing is written outside the folder that a job names.
Run with cloud-init's dist-packages on PYTHONPATH (scripts/unpacked-packages).
"""
import base64
import copy
import json
import os
import sys

from cloudinit import handlers, helpers, subp, user_data, util
from cloudinit.config import cc_write_files, schema
from cloudinit.distros import ug_util
from cloudinit.distros.rhel import Distro as RedHat
from cloudinit.handlers.cloud_config import CloudConfigPartHandler
from cloudinit.net.network_state import parse_net_config_data
from cloudinit.net.renderers import NAME_TO_RENDERER
from cloudinit.settings import PER_INSTANCE
from cloudinit.sources import DataSourceConfigDrive as config_drive
from cloudinit.sources import DataSourceEc2 as ec2
from cloudinit.sources import DataSourceNoCloud as nocloud
from cloudinit.sources import DataSourceOpenStack as openstack_service
from cloudinit.sources.helpers import ec2 as ec2_helper
from cloudinit.sources.helpers import openstack


def main():
    json.dump([result_of(**job) for job in json.load(sys.stdin)], sys.stdout, default=as_text)


def result_of(do, **job):
    confine_writes(job.get("scratch"))
    return JOBS[do](**job)


def confine_writes(scratch):
    """cloud-init is made to set a machine up: what it would write outside the job's folder ends the program."""

    def confined(write):
        def checked(path, *arguments, **more):
            real = os.path.realpath(path) + os.sep
            inside = scratch is not None and real.startswith(os.path.realpath(scratch) + os.sep)
            assert inside, f"{path} is not the job's to write"
            return write(path, *arguments, **more)

        return checked

    for name, write in WRITES.items():
        setattr(util, name, confined(write))
    subp.subp = run_nothing


def run_nothing(args, *_arguments, **_more):
    raise subp.ProcessExecutionError(cmd=args, reason="no program of this host is run")


def write_file(path, scratch=None):
    """Shows that the above holds."""
    util.write_file(path, "")


def as_text(value):
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


# --- carriers ----------------------------------------------------------------------------------------------------------


def read_config_drive(tree, scratch, version=None, macs=None):
    """The tree of a config drive: the version that cloud-init chooses, or the one that is named."""
    paths = paths_in(scratch)
    seed(tree, os.path.join(paths.seed_dir, "config_drive"))
    source = config_drive.DataSourceConfigDrive({"datasource": {}}, None, paths)
    source.known_macs = macs
    # it would write the injected files into this host, and set its network up
    config_drive.on_first_boot = lambda *_arguments, **_more: None
    with reading_version(version):
        assert source._get_data(), "this is no config drive to cloud-init"
    return understood(source) | {"read": read_version(tree, version)}


def read_version(tree, version):
    """What the reader itself gives, and which version it took."""
    reader = openstack.ConfigDriveReader(tree)
    with reading_version(version):
        taken = reader._find_working_version()
        return reader.read_v2() | {"version": taken}


class reading_version:
    """Makes cloud-init read one version, that is: one it knows of, or one that came after it."""

    def __init__(self, version):
        self.version = version
        self.chosen = openstack.BaseReader._find_working_version

    def __enter__(self):
        if self.version is not None:
            openstack.BaseReader._find_working_version = lambda _reader: self.version

    def __exit__(self, *_error):
        openstack.BaseReader._find_working_version = self.chosen


def read_nocloud(tree, scratch):
    paths = paths_in(scratch)
    seed(tree, os.path.join(paths.seed_dir, "nocloud"))
    # no drive of this host is looked at, nor its firmware's serial number and its kernel's command line
    nocloud.dmi.read_dmi_data = lambda _name: None
    util.get_cmdline = lambda: ""
    source = nocloud.DataSourceNoCloud({"datasource": {"NoCloud": {"fs_label": None}}}, None, paths)
    assert source._get_data(), "this is no NoCloud drive to cloud-init"
    return understood(source)


def read_openstack_service(url, scratch, macs=None):
    """The metadata service as OpenStack's, at `url`."""
    openstack_service.detect_openstack = lambda **_wishes: True
    openstack.MetadataReader._read_ec2_metadata = lambda _reader: ec2_helper.get_instance_metadata(metadata_address=url)
    openstack.net.get_interfaces_by_mac = lambda *_arguments, **_more: macs or {}
    settings = {"datasource_list": ["OpenStack"], "datasource": {"OpenStack": {"metadata_urls": [url]}}}
    source = openstack_service.DataSourceOpenStack(settings, None, paths_in(scratch))
    source.ds_cfg.update(settings["datasource"]["OpenStack"], max_wait=10, timeout=5, retries=0)
    assert source._get_data(), "this is no OpenStack service to cloud-init"
    return understood(source)


def read_ec2_service(url, scratch, macs, with_token=False):
    """The metadata service as EC2's, at `url`; `with_token` as on AWS, where no document is given without one."""
    settings = {"datasource": {"Ec2": {"metadata_urls": [url], "max_wait": 10, "timeout": 5}}}
    source = ec2.DataSourceEc2(settings, None, paths_in(scratch))
    source.ds_cfg.update(settings["datasource"]["Ec2"])
    source._cloud_name = ec2.CloudNames.AWS if with_token else ec2.CloudNames.UNKNOWN
    crawled = source.crawl_metadata()
    assert crawled, "this is no EC2 service to cloud-init"
    source.metadata, source.userdata_raw = crawled["meta-data"], crawled["user-data"]
    source.identity = crawled.get("dynamic", {}).get("instance-identity", {}).get("document", {})
    network = ec2.convert_ec2_metadata_network_config(
        source.metadata["network"], macs_to_nics=macs, fallback_nic=min(macs.values())
    )
    return understood(source) | {"crawled": crawled, "token": source._api_token, "network": digest(network)}


def read_nocloud_service(url, told, scratch):
    """NoCloud's documents at `url`, which the guest is told by its `kernel` or by `smbios`."""
    line = f"ds=nocloud-net;s={url}"
    nocloud.dmi.read_dmi_data = lambda _name: line if told == "smbios" else None
    util.get_cmdline = lambda: f"ro {line} quiet" if told == "kernel" else ""
    source = nocloud.DataSourceNoCloudNet({"datasource": {"NoCloud": {"fs_label": None}}}, None, paths_in(scratch))
    assert source._get_data(), "this is no NoCloud service to cloud-init"
    return understood(source)


def seed(tree, folder):
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    if os.path.islink(folder):
        os.unlink(folder)
    os.symlink(tree, folder)


def paths_in(scratch):
    paths = helpers.Paths({"cloud_dir": os.path.join(scratch, "cloud"), "run_dir": os.path.join(scratch, "run")})
    os.makedirs(os.path.join(paths.cloud_dir, "instance"), exist_ok=True)
    return paths


def understood(source):
    """What a datasource tells the rest of cloud-init."""
    network = getattr(source, "network_config", None) if not isinstance(source, ec2.DataSourceEc2) else None
    return {
        "instanceId": source.get_instance_id(),
        "hostname": name_of(source.get_hostname()),
        "fqdn": name_of(source.get_hostname(fqdn=True)),
        "keys": source.get_public_ssh_keys(),
        "zone": source.availability_zone,
        "launchIndex": source.launch_index,
        "userData": parts_of(source.get_userdata()),
        "vendorData": parts_of(source.get_vendordata()),
        "vendorData2": parts_of(source.get_vendordata2()),
        "files": getattr(source, "files", {}),
        "network": None if network is None else digest(network),
        "config": merged_config(source),
    }


def name_of(answer):
    """A named tuple since 22.3."""
    return getattr(answer, "hostname", answer)


# --- user data ---------------------------------------------------------------------------------------------------------


def read_user_data(bytes, scratch):
    """The parts that cloud-init finds in user data, with the type that it settles on."""
    processor = user_data.UserDataProcessor(paths_in(scratch))
    return parts_of(processor.process(base64.b64decode(bytes)))


def parts_of(message):
    return [
        {
            "type": part.get_content_type(),
            "name": part.get_filename(),
            "content": util.fully_decoded_payload(part),
        }
        for part in message.walk()
        if part.get_content_maintype() != "multipart" and part.get_payload()
    ]


def read_cloud_config(bytes, scratch):
    """The one cloud-config that comes of user data, by cloud-init's own mergers."""
    paths = paths_in(scratch)
    processor = user_data.UserDataProcessor(paths)
    return merged(processor.process(base64.b64decode(bytes)), paths, "cloud_config")


def merged_config(source):
    """The user's cloud-config over the vendor's two, as the later stages get them."""
    paths = source.paths
    for message, name in [
        (source.get_userdata(), "cloud_config"),
        (source.get_vendordata(), "vendor_cloud_config"),
        (source.get_vendordata2(), "vendor2_cloud_config"),
    ]:
        merged(message, paths, name)
    return helpers.ConfigMerger(paths=paths, datasource=source, base_cfg={}).cfg


def merged(message, paths, name):
    target = os.path.join(paths.instance_link, paths.lookups[name])
    paths.get_ipath = lambda _name=None: target
    handler = CloudConfigPartHandler(paths)
    state = {
        "handlers": {kind: handler for kind in handler.list_types()},
        "handlerdir": None,
        "data": None,
        "frequency": PER_INSTANCE,
        "handlercount": 0,
        "excluded": [],
    }
    handlers.call_begin(handler, None, PER_INSTANCE)
    handlers.walk(message, handlers.walker_callback, data=state)
    handlers.call_end(handler, None, PER_INSTANCE)
    return util.load_yaml(util.load_file(target), default={})


def validate(config):
    """The complaints of cloud-init's schema about one cloud-config, deprecations too."""
    parsed = util.load_yaml(config)
    try:
        schema.validate_cloudconfig_schema(parsed, strict=True)
    except schema.SchemaValidationError as error:
        return str(error)
    return ""


# --- what the modules make of a config ---------------------------------------------------------------------------------


def users_of(config, default_user):
    """Who is made, where the image's own user is the one given."""

    class Distro:
        def get_default_user(self):
            return copy.deepcopy(default_user)

    users, _groups = ug_util.normalize_users_groups(copy.deepcopy(config), Distro())
    return users


def contents_of(files):
    """What would be written, decoded."""
    decoded = []
    for one in files:
        content = cc_write_files.extract_contents(
            one.get("content", ""), cc_write_files.canonicalize_extraction(one.get("encoding"))
        )
        bytes = content if not isinstance(content, str) else content.encode()
        decoded.append([one["path"], base64.b64encode(bytes).decode(), cc_write_files.decode_perms(one.get("permissions"), 0o644)])
    return decoded


def script_of(commands):
    """The script that runcmd becomes."""
    return util.shellify(commands)


def parse(config):
    return util.load_yaml(config)


# --- networks ----------------------------------------------------------------------------------------------------------


def read_network(config, macs=None):
    """A network-config of version 1 or 2, or a network_data.json, as what a guest would set up."""
    if "version" not in config:
        config = openstack.convert_net_json(config, known_macs=macs)
    return digest(config)


def render_network(config, scratch, macs=None):
    """What each of cloud-init's renderers for Linux writes: the renderer's name to the files' contents."""
    if "version" not in config:
        config = openstack.convert_net_json(config, known_macs=macs)
    return {name: rendered(name, config, os.path.join(scratch, name)) for name in RENDERERS}


def rendered(name, config, target):
    for folder in ["etc/network/interfaces.d", "etc/netplan", "etc/sysconfig/network-scripts", "etc/udev/rules.d"]:
        os.makedirs(os.path.join(target, folder), exist_ok=True)
    # Debian's has netplan's path from the root of the machine, not from the target
    settings = {"sysconfig": RedHat.renderer_configs["sysconfig"]}.get(name, {})
    renderer = NAME_TO_RENDERER[name].Renderer({**settings, "postcmds": False})
    state = parse_net_config_data(copy.deepcopy(config), skip_broken=False, renderer=renderer)
    renderer.render_network_state(state, target=target)
    files = [os.path.join(folder, file) for folder, _, names in os.walk(target) for file in names]
    return "\n".join(util.load_file(file) for file in sorted(files))


def digest(config):
    """By MAC, in one form for all the ways to say the same. Names and the order of routes do not matter."""
    state = parse_net_config_data(copy.deepcopy(config), skip_broken=False)
    by_name = {interface["name"]: interface for interface in state.iter_interfaces()}
    servers = set(state.dns_nameservers)
    for interface in by_name.values():
        servers.update(server for subnet in interface["subnets"] for server in subnet.get("dns_nameservers", []))
        servers.update(interface.get("dns", {}).get("addresses", []))
    return {
        "interfaces": sorted((interface_digest(one, by_name) for one in by_name.values()), key=place_of),
        "dns": sorted(servers),
    }


def place_of(digested):
    return digested["mac"], digested["kind"], digested.get("vlan", 0)


def mac_of(interface, by_name):
    """As the kernel has it where nothing is said: a bond has that of its first member, and a VLAN that of its link."""
    if interface["mac_address"]:
        return interface["mac_address"]
    if interface["type"] == "bond":
        return min(members_of(interface, by_name))
    return mac_of(by_name[interface["vlan-raw-device"]], by_name)


def members_of(bond, by_name):
    return [one["mac_address"] for one in by_name.values() if one.get("bond-master") == bond["name"]]


def bond_of(interface):
    """The renderers take a dash and an underscore."""
    said = {key.replace("_", "-"): str(value) for key, value in interface.items() if key.startswith("bond")}
    return {key: value for key, value in said.items() if key not in ["bond-slaves", "bond-interfaces"]}


def interface_digest(interface, by_name):
    subnets = interface["subnets"]
    kinds = {subnet["type"] for subnet in subnets}
    link = by_name.get(interface.get("vlan-raw-device"))
    known = {
        "mac": mac_of(interface, by_name),
        "kind": interface["type"],
        "mtu": interface["mtu"],
        "dhcp4": bool(kinds & {"dhcp", "dhcp4"}),
        "dhcp6": bool(kinds & {"dhcp6", "ipv6_dhcpv6-stateless", "ipv6_dhcpv6-stateful"}),
        "routers": interface["accept-ra"] or asks_routers(kinds) or interface["accept-ra"],
        "addresses": sorted(f'{one["address"]}/{one["prefix"]}' for one in subnets if "prefix" in one),
        "routes": sorted({route for subnet in subnets for route in routes_of(subnet)}),
    }
    more = {
        "vlan": interface.get("vlan_id"),
        "link": None if link is None else mac_of(link, by_name),
        "bond": bond_of(interface) if interface["type"] == "bond" else None,
        "members": sorted(members_of(interface, by_name)),
    }
    return known | {key: value for key, value in more.items() if value}


def asks_routers(kinds):
    """Who gets anything by IPv6 from the network listens to its routers, said or not."""
    return any("6" in kind and kind != "static6" for kind in kinds)


def routes_of(subnet):
    if subnet.get("gateway"):
        anywhere = "::/0" if ":" in subnet["gateway"] else "0.0.0.0/0"
        yield f'{anywhere} via {subnet["gateway"]}'
    for route in subnet["routes"]:
        yield f'{route["network"]}/{route["prefix"]} via {route["gateway"]}'


WRITES = {name: getattr(util, name) for name in ["write_file", "append_file", "ensure_dir", "copy", "del_file", "sym_link"]}

RENDERERS = ["eni", "netplan", "network-manager", "networkd", "sysconfig"]

JOBS = {
    "config-drive": read_config_drive,
    "nocloud": read_nocloud,
    "openstack-service": read_openstack_service,
    "ec2-service": read_ec2_service,
    "nocloud-service": read_nocloud_service,
    "user-data": read_user_data,
    "cloud-config": read_cloud_config,
    "validate": validate,
    "users": users_of,
    "contents": contents_of,
    "script": script_of,
    "parse": parse,
    "network": read_network,
    "render": render_network,
    "write": write_file,
}

main()
