import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serializeXml } from '../../../src/libvirt-xml/index.ts';
import {
  cpuSetText,
  cpuTuneElement,
  guestCellsElement,
  memoryBackingElement,
  numaTuneElement,
} from '../../../src/libvirt-xml/placement.ts';

test('CPUs are written as ranges, in order and once', () => {
  assert.equal(cpuSetText([]), '');
  assert.equal(cpuSetText([5, 0, 2, 1, 1]), '0-2,5');
  assert.equal(cpuSetText([7]), '7');
});

test('nothing asked for writes nothing', () => {
  assert.equal(memoryBackingElement(null), undefined);
  assert.equal(numaTuneElement(null), undefined);
  assert.equal(cpuTuneElement({}), undefined);
  assert.equal(guestCellsElement([]), undefined);
});

test("limits come first, then the places of QEMU's own threads, then the vCPUs', then realtime", () => {
  const tune = cpuTuneElement({
    shares: 1024,
    period: 1000,
    emulatorCpus: [0],
    ioThreads: 1,
    vcpuPins: [{ vcpu: 0, cpus: [2, 3] }],
    realtimeVcpus: [0],
  });
  assert.ok(tune !== undefined);
  assert.equal(
    serializeXml(tune).replaceAll(/\n */g, ''),
    '<cputune><shares>1024</shares><period>1000</period><emulatorpin cpuset="0"/>' +
      '<iothreadpin iothread="1" cpuset="0"/><vcpupin vcpu="0" cpuset="2-3"/><vcpusched vcpus="0" scheduler="fifo" priority="1"/></cputune>',
  );
});
