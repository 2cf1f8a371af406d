import { useMemo } from 'react';
import { useMachines } from '../../api/machines.ts';

/** The name of a machine by its id; the id itself when the machine is no longer there. */
export function useMachineNames(): (deviceId: string) => string {
  const { all } = useMachines({ withOthers: true });
  return useMemo(() => {
    const names = new Map(all.map(({ device_id, machine_name }) => [device_id, machine_name]));
    return (deviceId) => names.get(deviceId) ?? deviceId;
  }, [all]);
}
