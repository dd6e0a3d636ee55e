// Event source mappings: the door for services/lambda.
export {
  createEventSourceMapping,
  deleteEventSourceMapping,
  getEventSourceMapping,
  listEventSourceMappings,
  updateEventSourceMapping,
} from './mappings.ts';
export { onMapping, onMappingOr, onNewMapping } from './access.ts';
export { discardedBatchWork } from './discarded-batch.ts';
export { startPollers } from './pollers.ts';
export { listingTags, taggingResource, untaggingResource } from './tags.ts';
