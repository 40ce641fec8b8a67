# What Nova itself writes for descriptions of `novalet render`: a list of them as JSON on stdin, a list of
# {"xml": …} or {"refused": …} on stdout. Needs Nova 26.2 of Debian 12 (python3-nova, python3-libvirt). Everything that Nova
# would ask of a host is answered from the description; its generator is run as it is.
import calendar
import contextlib
import json
import logging
import re
import sys
import time
from pathlib import Path
from unittest import mock

import libvirt
import nova.conf
import os_vif
from nova import exception, objects, version
from nova.network import model
from nova.objects import fields
from nova.virt import hardware
from nova.virt.libvirt import blockinfo, driver, host, imagebackend, vif

CONF = nova.conf.CONF
NO_IMAGE = "00000000-0000-0000-0000-000000000000"
CPU_MAP = Path("/usr/share/libvirt/cpu_map")


def main():
    logging.disable(logging.CRITICAL)
    objects.register_all()
    CONF([], project="nova", default_config_files=[], default_config_dirs=[])
    os_vif.initialize()
    driver.libvirt = host.libvirt = libvirt
    models = cpu_models()
    json.dump([answer(one, models) for one in json.load(sys.stdin)], sys.stdout)


def answer(description, models):
    try:
        return {"xml": generate(description, models)}
    except Exception as error:  # Nova refuses by exceptions of every kind, ValueError and TypeError among them.
        return {"refused": f"{type(error).__name__}: {error}"[:300]}


def generate(description, models):
    facts = description.get("host", {})
    configure(description)
    flavor = a_flavor(description["flavor"])
    image = an_image(description["image"])
    instance = an_instance(description, flavor, image)
    host_cells = cells_of(facts)
    instance.numa_topology = placed(flavor, image, host_cells)
    libvirt_driver = a_driver(description, models)
    rescue, rescue_image = rescue_of(description["instance"], image)
    with contextlib.ExitStack() as stack:
        for patch in patches(description, libvirt_driver, host_cells, models):
            stack.enter_context(patch)
        disks = blockinfo.get_disk_info(
            CONF.libvirt.virt_type, instance, image, rescue=rescue is not None, rescue_image_meta=rescue_image
        )
        network = [a_vif(port) for port in description.get("ports", [])]
        return libvirt_driver._get_guest_config(
            instance, model.NetworkInfo(network), image, disks, rescue=rescue
        ).to_xml()


def configure(description):
    facts, settings = description.get("host", {}), description.get("settings", {})
    vnc = settings.get("vnc", {"listen": "127.0.0.1"})
    CONF.clear()
    CONF([], project="nova", default_config_files=[], default_config_dirs=[])
    CONF.set_override("instances_path", facts.get("instances_path", "/var/lib/nova/instances"))
    CONF.set_override("instance_name_template", description["instance"].get("name", "instance-00000001"))
    CONF.set_override("pointer_model", settings.get("pointer_model", "usbtablet") or "ps2mouse")
    CONF.set_override("config_drive_format", settings.get("config_drive_format", "iso9660"))
    CONF.set_override("enabled", vnc is not None, "vnc")
    if vnc is not None:
        CONF.set_override("server_listen", vnc.get("listen", "127.0.0.1"), "vnc")
    options = {
        "virt_type": facts.get("virt_type", "kvm"),
        "max_queues": facts.get("max_queues", 256),
        "cpu_mode": settings.get("cpu_mode"),
        "cpu_models": settings.get("cpu_models", []),
        "cpu_model_extra_flags": settings.get("cpu_model_extra_flags", []),
        "mem_stats_period_seconds": settings.get("mem_stats_period_seconds", 10),
        "num_pcie_ports": settings.get("num_pcie_ports", 0),
        "rx_queue_size": settings.get("rx_queue_size"),
        "tx_queue_size": settings.get("tx_queue_size"),
        "sysinfo_serial": settings.get("sysinfo", {}).get("serial", "unique"),
    }
    words = settings.get("sysinfo", {})
    version.loaded = True
    version.NOVA_VENDOR = words.get("manufacturer", "OpenStack Foundation")
    version.NOVA_PRODUCT = words.get("product", "OpenStack Nova")
    for name, value in options.items():
        CONF.set_override(name, value, "libvirt")


def a_flavor(given):
    return objects.Flavor(
        id=1,
        flavorid="1",
        name=given["name"],
        vcpus=given["vcpus"],
        memory_mb=given["memory_mb"],
        root_gb=given.get("root_gb", 0),
        ephemeral_gb=given.get("ephemeral_gb", 0),
        swap=given.get("swap", 0),
        extra_specs=given.get("extra_specs", {}),
        rxtx_factor=1.0,
        is_public=True,
        disabled=False,
        vcpu_weight=None,
    )


def an_image(given):
    return objects.ImageMeta.from_dict(
        {
            "id": given.get("id") or NO_IMAGE,
            "name": "image",
            "disk_format": given.get("disk_format", "qcow2"),
            "container_format": given.get("container_format", "bare"),
            "min_disk": given.get("min_disk", 0),
            "min_ram": given.get("min_ram", 0),
            "size": given.get("size", 0),
            "properties": given.get("properties", {}),
        }
    )


def an_instance(description, flavor, image):
    given, properties = description["instance"], description["image"].get("properties", {})
    remembered = {f"image_{key}": value for key, value in properties.items()}
    remembered["vtpm_secret_uuid"] = given["uuid"]
    for name in ("user_name", "project_name"):
        if name in given:
            remembered[f"owner_{name}"] = given[name]
    return objects.Instance(
        id=1,
        uuid=given["uuid"],
        display_name=given.get("display_name"),
        user_id=given.get("user_id"),
        project_id=given.get("project_id"),
        image_ref=given.get("root_image_id", description["image"].get("id")) or "",
        kernel_id="kernel" if given.get("kernel") else "",
        ramdisk_id="ramdisk" if given.get("ramdisk") else "",
        os_type=given.get("os_type") or image.properties.get("os_type"),
        vm_mode=None,
        flavor=flavor,
        system_metadata=remembered,
        config_drive="True" if given.get("config_drive") else "",
        ephemeral_gb=flavor.ephemeral_gb,
        root_gb=flavor.root_gb,
        vcpus=flavor.vcpus,
        memory_mb=flavor.memory_mb,
        resources=None,
        vcpu_model=None,
        root_device_name=None,
        launched_at=None,
        numa_topology=None,
    )


def cells_of(facts):
    given = facts.get("numa_cells", [])
    return objects.NUMATopology(cells=[a_cell(cell) for cell in given]) if given else None


def a_cell(cell):
    cpus = cell["cpus"]
    return objects.NUMACell(
        id=cell["id"],
        cpuset=set(cpus),
        pcpuset=set(cpus),
        memory=cell["memory_mb"],
        cpu_usage=0,
        memory_usage=0,
        pinned_cpus=set(),
        siblings=[set(core) for core in cell.get("siblings", [[cpu] for cpu in cpus])],
        mempages=[
            objects.NUMAPagesTopology(size_kb=page["size"], total=page["total"], used=0, reserved=0)
            for page in cell.get("page_sizes_kb", [])
        ],
        socket=cell["id"],
        network_metadata=objects.NetworkMetadata(physnets=set(), tunneled=False),
    )


def placed(flavor, image, host_cells):
    wanted = hardware.numa_get_constraints(flavor, image)
    if wanted is None or host_cells is None:
        return wanted
    fitting = hardware.numa_fit_instance_to_host(host_cells, wanted)
    if fitting is None:
        raise exception.ComputeResourcesUnavailable(reason="the guest fits on no cells")
    return fitting


def a_vif(port):
    mtu = {} if port.get("mtu") is None else {"mtu": port["mtu"]}
    network = model.Network(
        id=NO_IMAGE,
        bridge=port["bridge"],
        label="network",
        subnets=[a_subnet(ip["address"]) for ip in port.get("fixed_ips", [])],
        bridge_interface="eth0",
        vlan=1,
        injected=False,
        **mtu,
    )
    return model.VIF(
        id=port["id"],
        address=port["mac"],
        network=network,
        type=model.VIF_TYPE_BRIDGE,
        devname=port["devname"],
        vnic_type="normal",
        details={},
        profile={},
    )


def a_subnet(address):
    version, cidr = (6, "::/0") if ":" in address else (4, "0.0.0.0/0")
    return model.Subnet(cidr=cidr, ips=[model.FixedIP(address=address, version=version)])


def rescue_of(instance, image):
    if not instance.get("rescue"):
        return None, None
    files = {f"{part}_id": part if instance.get(part) else None for part in ("kernel", "ramdisk")}
    is_stable = hardware.check_hw_rescue_props(image)
    return {"image_id": NO_IMAGE, **files}, image if is_stable else None


def a_driver(description, models):
    """The driver without its start, which would look for libvirt."""
    made = object.__new__(driver.LibvirtDriver)
    made._host = DescribedHost(description.get("host", {}), models)
    made.vif_driver = vif.LibvirtGenericVIFDriver(made._host)
    made.image_backend = imagebackend.Backend(True)
    made.disk_cachemodes = {"file": description.get("settings", {}).get("disk_cache", "none")}
    made._supported_perf_events = []
    made._sysinfo_serial_func = lambda: None
    made.cpu_models_mapping = {}
    made.cpu_model_flag_mapping = {}
    made._vpmems_by_name = {}
    return made


class DescribedHost:
    supports_amd_sev = False
    supports_uefi = True
    supports_secure_boot = True

    def __init__(self, facts, models):
        self.arch = facts.get("arch", "x86_64")
        self.firmware = facts.get("firmware", {})
        self.models = models

    def get_capabilities(self):
        capabilities = mock.Mock()
        capabilities.host.cpu.arch = self.arch
        return capabilities

    def has_min_version(self, *_versions, **_more):
        return True  # libvirt 9.0 and QEMU 7.2 are newer than all that Zed asks for

    def is_cpu_control_policy_capable(self):
        return True

    def get_cpu_model_names(self):
        return list(self.models)

    def _check_machine_type(self, _capabilities, machine_type):
        if machine_type is None:
            raise exception.InvalidMachineType(message="none")

    def get_guest(self, instance):
        raise exception.InstanceNotFound(instance_id=instance.uuid)

    def get_loader(self, arch, _machine, has_secure_boot):
        if arch.startswith(("ppc", "s390")):
            raise exception.UEFINotSupported()
        names = ("secure_loader", "secure_nvram_template") if has_secure_boot else ("loader", "nvram_template")
        files = ("CODE.secboot", "VARS.ms") if has_secure_boot else ("CODE", "VARS")
        loader, template = (
            self.firmware.get(name, f"/usr/share/OVMF/OVMF_{file}.fd") for name, file in zip(names, files)
        )
        return loader, template, has_secure_boot and arch in ("x86_64", "i686")


def patches(description, libvirt_driver, host_cells, models):
    facts = description.get("host", {})
    arch = facts.get("arch", "x86_64")
    created = description["instance"].get("created_at", "1970-01-01 00:00:00")
    now = calendar.timegm(time.strptime(created, "%Y-%m-%d %H:%M:%S"))

    def features_of(xml):
        name = re.search("<model>([^<]+)</model>", xml)[1]
        return "<cpu>" + "".join(f"<feature name='{flag}'/>" for flag in models.get(name, [])) + "</cpu>"

    def of_driver(name, value):
        return mock.patch.object(libvirt_driver, name, return_value=value)

    return [
        mock.patch.object(fields.Architecture, "from_host", return_value=arch),
        mock.patch.object(driver.time, "time", return_value=now),
        mock.patch.object(driver.LibvirtDriver, "disk_cachemode", new="none"),
        mock.patch.object(imagebackend.Image, "resolve_driver_format", return_value=None),
        mock.patch.object(imagebackend.Flat, "correct_format", return_value=None),
        mock.patch.object(objects.Instance, "get_pci_devices", return_value=[]),
        mock.patch("os.path.exists", return_value=True),
        of_driver("_get_cpu_info", {"arch": arch}),
        of_driver("_get_host_numa_topology", host_cells),
        of_driver("_has_numa_support", True),
        mock.patch.object(libvirt_driver, "_get_guest_baseline_cpu_features", side_effect=features_of),
    ]


def cpu_models():
    """Names of libvirt's x86 models, with their features."""
    models = {}
    for file in CPU_MAP.glob("x86_*.xml"):
        text = file.read_text(encoding="utf-8")
        name = re.search("<model name='([^']+)'>", text)
        if name:
            models[name[1]] = re.findall("<feature name='([^']+)'(?! removed)", text)
    return models


main()
