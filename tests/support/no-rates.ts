/** Settings of a Laurel under test: a test is faster than a player. */
export const NO_RATES = {
  LAUREL_RATE_API: '0',
  LAUREL_RATE_EVENTS: '0',
  LAUREL_RATE_CONNECTS: '0',
  LAUREL_RATE_SIGN_IN: '0',
  LAUREL_RATE_REFRESH: '0',
};
