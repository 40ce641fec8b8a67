// What can be said of a flavor's extra specs without an image: a flavor is refused when it is made if no image could make
// a guest of it. Nova finds out at the first launch. Pure.
import { Fault, isFault } from '../base/index.ts';
import { type ExtraSpecs, extraSpecs, type Flavor, imageProperties, missingCell } from '../model/index.ts';
import { cpuTopology } from './cpu-topology.ts';
import { numaRequest } from './numa/numa-request.ts';
import { checkQuotas } from './quota-limits.ts';

type Properties = Readonly<Record<string, string>>;
type Sizes = Pick<Flavor, 'vcpus' | 'memoryMiB' | 'extraSpecs'>;

/** Keys name the cells 0 to 127; a flavor may ask for any number. */
const CELLS_WITH_KEYS = 128;

/** Throws the faults of extra specs, quotas, topologies and NUMA cells, and `EXTRA_SPECS_CONFLICT`. */
export function checkFlavorAlone(flavor: Sizes): void {
  const specs = extraSpecs(flavor.extraSpecs);
  checkQuotas(flavor);
  if (specs.tpmModel === 'tpm-crb' && specs.tpmVersion === '1.2') {
    throw conflict('hw:tpm_model', 'hw:tpm_model=tpm-crb needs hw:tpm_version=2.0');
  }
  checkCells('hw:numa_cpus', specs.numaCpus, specs);
  checkCells('hw:numa_mem', specs.numaMem, specs);
  // An image may lower the limits and change the wishes, which makes more topologies of none.
  cpuTopology({ vcpus: flavor.vcpus, specs, image: imageProperties({}), readApiNames: true });
  checkNuma(flavor, specs);
}

function checkCells(
  key: string,
  cells: ReadonlyMap<number, unknown> | undefined,
  { numaNodes: nodes }: ExtraSpecs,
): void {
  if (cells === undefined) return;
  const missing = missingCell(cells);
  if (missing !== null) {
    throw conflict(`${key}.${missing}`, `${key}.${missing} is missing among those of other cells`);
  }
  if (nodes === undefined || nodes === cells.size) return;
  throw conflict(
    'hw:numa_nodes',
    `There are ${cells.size} of ${key}.N for the ${nodes} cells of hw:numa_nodes`,
  );
}

/** The fault is the one without any help of an image. */
function checkNuma(flavor: Sizes, specs: ExtraSpecs): void {
  let first: Fault | null = null;
  for (const properties of helpfulImages(flavor, specs)) {
    try {
      numaRequest({ flavor, specs, image: imageProperties(properties) });
      return;
    } catch (error) {
      if (!isFault(error)) throw error;
      first ??= error;
    }
  }
  if (first !== null) throw first;
}

/** The image that asks for nothing, then those that add what a flavor may leave to its images. */
function helpfulImages(flavor: Sizes, specs: ExtraSpecs): Properties[] {
  const policies: Properties[] = [{}, { hw_cpu_policy: 'dedicated' }, { hw_cpu_policy: 'mixed' }];
  const masks: Properties[] = [{}, { hw_cpu_realtime_mask: '^0' }];
  const cells: Properties[] = [{}, missingCells(flavor, specs)];
  return policies.flatMap((policy) =>
    masks.flatMap((mask) => cells.map((ofCells) => ({ ...policy, ...mask, ...ofCells }))),
  );
}

/** What the flavor does not say of its cells: all vCPUs in the first one, nearly all memory in the last. */
function missingCells({ vcpus, memoryMiB }: Sizes, specs: ExtraSpecs): Properties {
  const { numaNodes, numaCpus, numaMem } = specs;
  const nodes = numaNodes ?? numaCpus?.size ?? numaMem?.size;
  if (nodes === undefined || nodes > CELLS_WITH_KEYS) return {};
  const properties: Record<string, string> = numaNodes === undefined ? { hw_numa_nodes: String(nodes) } : {};
  for (let cell = 0; cell < nodes; cell += 1) {
    if (numaCpus === undefined) properties[`hw_numa_cpus.${cell}`] = cell === 0 ? `0-${vcpus - 1}` : '^0';
    if (numaMem === undefined) {
      const rest = memoryMiB - (nodes - 1);
      properties[`hw_numa_mem.${cell}`] = String(cell === nodes - 1 ? rest : 1);
    }
  }
  return properties;
}

function conflict(key: string, message: string): Fault {
  return new Fault('invalid', 'EXTRA_SPECS_CONFLICT', message, {
    hint: 'No image makes this work: change one of them, or take it out of the flavor.',
    details: { key },
  });
}
