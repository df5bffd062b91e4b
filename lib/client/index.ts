export { resumableFetch } from './resumable-fetch.js';
