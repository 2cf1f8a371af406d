import { useTranslation } from 'react-i18next';
import type { FlowTrial } from '../../../src/model/flow.ts';
import { ACTION_KINDS } from './flow-draft.ts';
import classes from './flow-form.module.css';

/** How it went, in one word for the locale files. */
function verdictOf({ matched, condition, error }: FlowTrial): string {
  if (error) return 'failed';
  if (!matched) return 'not_set_off';
  return condition === false ? 'condition_false' : 'would_do';
}

/** What the flow would have done with the sample. */
export function TrialResult({ trial }: { trial: FlowTrial }) {
  const { t } = useTranslation();
  const { error, actions } = trial;
  return (
    <div className={classes.result}>
      <p className={classes.verdict}>{t(`flows.trial_${verdictOf(trial)}`)}</p>
      {error && <pre>{error.path === '' ? error.message : `${error.path}: ${error.message}`}</pre>}
      {actions.map((action, i) => {
        const kind = ACTION_KINDS.find((one) => one in action) ?? 'publish';
        return (
          <div key={`${i} ${kind}`}>
            {i + 1}. {t(`flows.do_${kind}`)}
            <pre>{JSON.stringify(Object.values(action)[0], null, 2)}</pre>
          </div>
        );
      })}
    </div>
  );
}
