export { type Catalogue, type CatalogueImage, loadCatalogue, resolveCatalogue } from './catalogue.ts';
