// novalet image …
import type { Define } from '../registry.ts';
import { addImage } from './image/add.ts';
import { buildImage } from './image/build.ts';
import { createImage } from './image/create.ts';
import { listImages } from './image/list.ts';
import { pullImage } from './image/pull.ts';
import { removeImages } from './image/remove.ts';
import { setImage } from './image/set.ts';
import { showImage } from './image/show.ts';

export const image: Define = (command, session) => {
  addImage(command.command('add').description('Store a file or a URL as an image'), session);
  pullImage(
    command.command('pull').description("Fetch a vendor's cloud image by its catalogue name"),
    session,
  );
  buildImage(command.command('build').description('Build a guest image from a recipe'), session);
  createImage(
    command.command('create').description("Make an image of an instance's root disk, running or not"),
    session,
  );
  listImages(command.command('list').description('List the images'), session);
  showImage(command.command('show').description('Show an image'), session);
  setImage(command.command('set').description('Change what is known of an image'), session);
  removeImages(command.command('remove').description('Remove images'), session);
};
