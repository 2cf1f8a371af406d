/** Where the things of a resource are listed, and how they are called. */
export const LISTS: Record<string, [list: string, id: string]> = {
  '/api/devices': ['devices', 'device_id'],
  '/api/templates': ['templates', 'template_id'],
  '/api/brokers': ['brokers', 'broker_id'],
  '/api/subscriptions': ['subscriptions', 'subscription_id'],
  '/api/flows': ['flows', 'flow_id'],
  '/api/saved-messages': ['saved_messages', 'saved_message_id'],
  '/api/discovery': ['found', 'id'],
};
