import { Text } from '@mantine/core';
import { ApiFault } from '../../api/client.ts';
import { useFaultText } from '../../components/notices.tsx';
import classes from './service.module.css';

/** The content was refused: each fault can be shown beside its field. */
export const isRefused = (error: unknown): error is ApiFault =>
  error instanceof ApiFault && error.status === 422;

/** Why a form was not taken, where it is sent off; a notice would lie over it. */
export function FormFault({ error }: { error: unknown }) {
  const faultText = useFaultText();
  if (!isRefused(error)) return null;
  return (
    <div className={classes.fault} role="alert">
      <Text size="sm" fw={600}>
        {faultText(error)}
      </Text>
      {error.errors.map(({ path, message }) => (
        <Text key={`${path} ${message}`} size="sm">
          {path === '' ? message : `${path}: ${message}`}
        </Text>
      ))}
    </div>
  );
}
