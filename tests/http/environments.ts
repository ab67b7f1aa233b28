/** What a production server needs at least. */
export const PRODUCTION = {
  NODE_ENV: 'production',
  LAUREL_JWT_SECRET: 'abcdefghijklmnopqrstuvwxyz0123456789',
} as const;
