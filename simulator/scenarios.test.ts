import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { POWER_NOISE } from './families/electrics.ts';
import { levelPowerW, planPhases, type Scenario, type ScenarioName, scenarios } from './scenarios.ts';

const documents = { standbyW: 20, workingW: 100 };

/** `name startS+durationS powerW`, `-` where the device is silent. */
const line = (name: ScenarioName, stretch = {}, thresholds = documents) => {
  const scenario: Scenario = scenarios[name];
  return planPhases(scenario, thresholds, stretch).map(
    (phase) => `${phase.startS}+${phase.durationS} ${phase.silent ? '-' : phase.powerW}`,
  );
};

describe('phases', () => {
  const cases: [ScenarioName, object, string[]][] = [
    ['full_session', {}, ['0+5 0.4', '5+20 30', '25+40 150', '65+15 30', '80+30 0.4']],
    ['full_session', { durationS: 100 }, ['0+5 0.4', '5+20 30', '25+100 150', '125+15 30', '140+30 0.4']],
    ['session_end', {}, ['0+15 150', '15+30 0.4']],
    ['session_end', { durationS: 3 }, ['0+3 150', '3+30 0.4']],
    ['standby', {}, ['0+60 30']],
    ['working', { durationS: 7 }, ['0+7 150']],
    ['timeout', {}, ['0+15 150', '15+60 -']],
    ['timeout', { durationS: 25 }, ['0+15 150', '15+25 -']],
    ['online_test', {}, ['0+120 30']],
    ['offline_test', {}, ['0+10 150', '10+60 -', '70+10 150']],
    ['offline_test', { durationS: 5, offlineDurationS: 30 }, ['0+5 150', '5+30 -', '35+10 150']],
  ];
  for (const [name, stretch, expected] of cases) {
    it(`${name} ${JSON.stringify(stretch)}`, () => assert.deepEqual(line(name, stretch), expected));
  }

  it('powers follow the thresholds', () => {
    const thresholds = { standbyW: 5, workingW: 50 };
    assert.deepEqual(line('session_end', {}, thresholds), ['0+15 75', '15+30 0.4']);
    assert.deepEqual(line('standby', {}, thresholds), ['0+60 7.5']);
  });
});

describe('levels', () => {
  const pairs = [
    [20, 100],
    [5, 50],
    [20, 31],
    [20, 22],
    [0.1, 0.11],
    [90_000, 1_000_000],
  ] as const;
  for (const [standbyW, workingW] of pairs) {
    it(`stay apart in spite of noise, at ${standbyW} and ${workingW} W`, () => {
      const range = (level: 'off' | 'standby' | 'working') => {
        const powerW = levelPowerW(level, { standbyW, workingW });
        return { lowW: powerW * (1 - POWER_NOISE), highW: powerW * (1 + POWER_NOISE) };
      };
      assert.ok(range('off').highW < standbyW);
      assert.ok(range('standby').lowW >= standbyW && range('standby').highW < workingW);
      assert.ok(range('working').lowW >= workingW);
    });
  }
});
