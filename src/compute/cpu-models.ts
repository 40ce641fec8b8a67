// The CPU models that libvirt names, and which instructions of Nova's traits each has. Source: libvirt 9.0's cpu_map.
// Pure, so that `render` chooses a model with no libvirt about.

/** Models with the same instructions, and these in libvirt's words. */
const X86_MODELS: readonly (readonly [models: string, flags: string])[] = [
  ['486', ''],
  [
    'Broadwell Broadwell-IBRS Broadwell-noTSX Broadwell-noTSX-IBRS Haswell Haswell-IBRS Haswell-noTSX Haswell-noTSX-IBRS',
    'aes avx avx2 bmi1 bmi2 fma mmx pclmuldq pni sse sse2 sse4.1 sse4.2 ssse3',
  ],
  [
    'Cascadelake-Server Cascadelake-Server-noTSX',
    'abm aes avx avx2 avx512bw avx512cd avx512dq avx512f avx512vl avx512vnni bmi1 bmi2 f16c fma mmx mpx pclmuldq pni sse sse2 sse4.1 sse4.2 ssse3',
  ],
  ['Conroe core2duo n270', 'mmx pni sse sse2 ssse3'],
  [
    'Cooperlake',
    'abm aes avx avx2 avx512bw avx512cd avx512dq avx512f avx512vl avx512vnni bmi1 bmi2 f16c fma mmx pclmuldq pni sse sse2 sse4.1 sse4.2 ssse3',
  ],
  ['Dhyana', 'abm avx avx2 bmi1 bmi2 f16c fma mmx pni sse sse2 sse4.1 sse4.2 sse4a ssse3'],
  [
    'EPYC EPYC-IBPB EPYC-Milan EPYC-Rome',
    'abm aes avx avx2 bmi1 bmi2 f16c fma mmx pclmuldq pni sha-ni sse sse2 sse4.1 sse4.2 sse4a ssse3',
  ],
  [
    'Icelake-Client Icelake-Client-noTSX',
    'abm aes avx avx2 avx512-vpopcntdq avx512bitalg avx512vbmi avx512vbmi2 avx512vnni bmi1 bmi2 f16c fma gfni mmx mpx pclmuldq pni sse sse2 sse4.1 sse4.2 ssse3 vaes vpclmulqdq',
  ],
  [
    'Icelake-Server Icelake-Server-noTSX',
    'abm aes avx avx2 avx512-vpopcntdq avx512bitalg avx512bw avx512cd avx512dq avx512f avx512vbmi avx512vbmi2 avx512vl avx512vnni bmi1 bmi2 f16c fma gfni mmx mpx pclmuldq pni sse sse2 sse4.1 sse4.2 ssse3 vaes vpclmulqdq',
  ],
  ['IvyBridge IvyBridge-IBRS', 'aes avx f16c mmx pclmuldq pni sse sse2 sse4.1 sse4.2 ssse3'],
  ['Nehalem Nehalem-IBRS', 'mmx pni sse sse2 sse4.1 sse4.2 ssse3'],
  ['Opteron_G1 Opteron_G2 coreduo cpu64-rhel5 cpu64-rhel6 kvm32 kvm64 qemu32', 'mmx pni sse sse2'],
  ['Opteron_G3 qemu64', 'abm mmx pni sse sse2 sse4a'],
  ['Opteron_G4', 'abm aes avx fma4 mmx pclmuldq pni sse sse2 sse4.1 sse4.2 sse4a ssse3 xop'],
  ['Opteron_G5', 'abm aes avx f16c fma fma4 mmx pclmuldq pni sse sse2 sse4.1 sse4.2 sse4a ssse3 tbm xop'],
  ['Penryn', 'mmx pni sse sse2 sse4.1 ssse3'],
  ['SandyBridge SandyBridge-IBRS', 'aes avx mmx pclmuldq pni sse sse2 sse4.1 sse4.2 ssse3'],
  [
    'Skylake-Client Skylake-Client-IBRS Skylake-Client-noTSX-IBRS',
    'abm aes avx avx2 bmi1 bmi2 f16c fma mmx mpx pclmuldq pni sse sse2 sse4.1 sse4.2 ssse3',
  ],
  [
    'Skylake-Server Skylake-Server-IBRS Skylake-Server-noTSX-IBRS',
    'abm aes avx avx2 avx512bw avx512cd avx512dq avx512f avx512vl bmi1 bmi2 f16c fma mmx mpx pclmuldq pni sse sse2 sse4.1 sse4.2 ssse3',
  ],
  ['Snowridge', 'aes gfni mmx pclmuldq pni sha-ni sse sse2 sse4.1 sse4.2 ssse3'],
  ['Westmere Westmere-IBRS', 'aes mmx pni sse sse2 sse4.1 sse4.2 ssse3'],
  ['athlon', '3dnow mmx sse sse2'],
  ['pentium pentium2', 'mmx'],
  ['pentium3', 'mmx sse'],
  ['pentiumpro', 'mmx sse sse2'],
  ['phenom', '3dnow mmx pni sse sse2'],
];

const PPC_MODELS = 'POWER6 POWER7 POWER8 POWER9 POWER10 POWERPC_e5500 POWERPC_e6500';

const FLAGS_OF_MODEL: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  X86_MODELS.flatMap(([models, flags]) => {
    const set = new Set(flags.split(' '));
    return models.split(' ').map((model) => [model, set] as const);
  }),
);

const NAMES: ReadonlyMap<string, string> = new Map(
  [...FLAGS_OF_MODEL.keys(), ...PPC_MODELS.split(' ')].map((name) => [name.toLowerCase(), name]),
);

/** Traits of os-traits by the end of their names, `HW_CPU_X86_…`, with libvirt's words. */
const FLAG_OF_TRAIT: Readonly<Record<string, string>> = {
  '3DNOW': '3dnow',
  ABM: 'abm',
  AESNI: 'aes',
  AVX: 'avx',
  AVX2: 'avx2',
  AVX512BW: 'avx512bw',
  AVX512CD: 'avx512cd',
  AVX512DQ: 'avx512dq',
  AVX512ER: 'avx512er',
  AVX512F: 'avx512f',
  AVX512PF: 'avx512pf',
  AVX512VL: 'avx512vl',
  AVX512VNNI: 'avx512vnni',
  AVX512VBMI: 'avx512vbmi',
  AVX512IFMA: 'avx512ifma',
  AVX512VBMI2: 'avx512vbmi2',
  AVX512BITALG: 'avx512bitalg',
  AVX512VAES: 'vaes',
  AVX512GFNI: 'gfni',
  AVX512VPCLMULQDQ: 'vpclmulqdq',
  AVX512VPOPCNTDQ: 'avx512-vpopcntdq',
  BMI: 'bmi1',
  BMI2: 'bmi2',
  CLMUL: 'pclmuldq',
  F16C: 'f16c',
  FMA3: 'fma',
  FMA4: 'fma4',
  MMX: 'mmx',
  MPX: 'mpx',
  SHA: 'sha-ni',
  SSE: 'sse',
  SSE2: 'sse2',
  SSE3: 'pni',
  SSE41: 'sse4.1',
  SSE42: 'sse4.2',
  SSE4A: 'sse4a',
  SSSE3: 'ssse3',
  TBM: 'tbm',
  XOP: 'xop',
};

const TRAIT = /^HW_CPU_X86_([A-Z0-9_]+)$/;

/** libvirt's spelling of a model's name; as written where libvirt 9.0 has no such model. */
export function cpuModelName(written: string): string {
  return NAMES.get(written.toLowerCase()) ?? written;
}

/** Whether libvirt's description of the model has every one of `flags`; false for a model that is not known. */
export function cpuModelHas(model: string, flags: readonly string[]): boolean {
  const known = FLAGS_OF_MODEL.get(model);
  return known !== undefined && flags.every((flag) => known.has(flag));
}

/** What the trait `HW_CPU_X86_AVX2` and its like ask of the CPU model. SVM and VMX are no matter of the model. */
export function requiredCpuFlags(traits: readonly string[]): readonly string[] {
  return traits.flatMap((trait) => FLAG_OF_TRAIT[TRAIT.exec(trait)?.[1] ?? ''] ?? []).toSorted();
}
