// Features that are not built, as an account answers for them that has never used them.
import type { Operation } from '#kernel/service.ts';
import { destinationNotFound, metricFilterNotFound } from './errors.ts';
import { requireGroup } from './groups.ts';

export const describeMetricFilters: Operation<'logs', 'DescribeMetricFilters'> = async (input, context) => {
  if (input.logGroupName !== undefined) await requireGroup(context, input.logGroupName);
  return { metricFilters: [] };
};
export const deleteMetricFilter: Operation<'logs', 'DeleteMetricFilter'> = async (input, context) => {
  await requireGroup(context, input.logGroupName);
  throw metricFilterNotFound();
};

export const describeDestinations: Operation<'logs', 'DescribeDestinations'> = () => ({ destinations: [] });
export const deleteDestination: Operation<'logs', 'DeleteDestination'> = () => {
  throw destinationNotFound();
};

export const describeExportTasks: Operation<'logs', 'DescribeExportTasks'> = () => ({ exportTasks: [] });
