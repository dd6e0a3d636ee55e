/** Takes orders up to 100. */
export const handler = async ({ amount }) => ({ accepted: amount <= 100, amount });
