import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flowOf } from './engine-harness.ts';
import { expressionProblems } from './expressions.ts';

const REGEX = /regular expression is not allowed/;
const CASES: [expression: string, problem: RegExp | null][] = [
  ['payload.a + 1', null],
  ['6 / 2 / payload.n', null],
  ['$split("a/b", "/")', null],
  ['payload.', /is not JSONata: Unexpected end of expression \(at character 8\)/],
  ['{"a": }', /is not JSONata: .*\(at character \d+\)/],
  ['"open', /is not JSONata: .*(at character \d+)/],
  ['$match(payload, /a+/)', REGEX],
  ['$map(x, function($v){ $map($v, function($w){ $replace($w, /a/i, "") }) })', REGEX],
  ['x[$contains(name, /a/)].y', REGEX],
  ['{"k": [1, x ? y : $split(z, / /)]}', REGEX],
  ['x ~> |y|{"z": $match(a, /b/)}|', REGEX],
  ['x^(>$match(a, /b/))', REGEX],
  ['x{a: $match(b, /c/)}', REGEX],
  ['($f := $match(?, /b/); $f("b"))', REGEX],
  [`${'('.repeat(8000)}1`, /is nested too deeply|is not JSONata/],
];

test('expressions are read before they are kept; regular expressions are found anywhere', () => {
  for (const [body, problem] of CASES) {
    const found = expressionProblems(flowOf('f', { do: [{ publish: { topic: 'x', body } }] }));
    if (problem === null) assert.deepEqual(found, [], body);
    else {
      assert.equal(found.length, 1, body.slice(0, 80));
      assert.equal(found[0]?.path, 'do[0].publish.body');
      assert.match(found[0]?.message ?? '', problem);
    }
  }
});

test('every expression of a flow is read, and named by its path', () => {
  const bad = '1 +';
  const flow = flowOf('f', {
    if: bad,
    do: [
      { publish: { topic_expression: bad, body: bad } },
      { webhook: { url: 'http://a', body: bad } },
      { odoo_event: { name: 'n', data: bad } },
      { set_attribute: { key: 'k', value: bad } },
    ],
  });
  assert.deepEqual(
    expressionProblems(flow).map(({ path }) => path),
    [
      'if',
      'do[0].publish.topic_expression',
      'do[0].publish.body',
      'do[1].webhook.body',
      'do[2].odoo_event.data',
      'do[3].set_attribute.value',
    ],
  );
});
