// novalet launch IMAGE
import type { InstanceView, LaunchRequest } from '../../../compute/index.ts';
import { defined } from '../../defined.ts';
import { instanceDocument } from '../../documents.ts';
import { type AgentOptions, readAgentOptions } from '../../launch-options/agent.ts';
import { type CarrierOptions, readCarrierOptions } from '../../launch-options/carrier.ts';
import { type LinkOptions, readLinkOptions } from '../../launch-options/links.ts';
import { type MaximaOptions, readMaximaOptions } from '../../launch-options/maxima.ts';
import { readShareOptions, type ShareOptions } from '../../launch-options/shares.ts';
import { readTold, type ToldOptions } from '../../launch-options/told.ts';
import type { Session } from '../../session.ts';
import { type LaunchWaitOptions, waitAfterLaunch } from './waiting.ts';

export interface ImageLaunchOptions
  extends ToldOptions,
    LinkOptions,
    ShareOptions,
    CarrierOptions,
    AgentOptions,
    MaximaOptions,
    LaunchWaitOptions {
  readonly name?: string;
  readonly flavor?: string;
  readonly dryRun?: boolean;
  readonly printXml?: boolean;
}

export async function launchFromImage(
  session: Session,
  image: string,
  options: ImageLaunchOptions,
): Promise<void> {
  const request = await readRequest(session, image, options);
  if (options.dryRun === true || options.printXml === true) await printPlan(session, request, options);
  else await build(session, request, options);
}

async function readRequest(
  session: Session,
  image: string,
  options: ImageLaunchOptions,
): Promise<LaunchRequest> {
  const { name, flavor } = options;
  return {
    image,
    ...(await readTold(session, options)),
    ...readCarrierOptions(options),
    ...readMaximaOptions(options),
    ...readLinkOptions(options),
    ...readShareOptions(options),
    ...readAgentOptions(options),
    ...defined({ name, flavor }),
  };
}

async function printPlan(
  session: Session,
  request: LaunchRequest,
  options: ImageLaunchOptions,
): Promise<void> {
  const plan = await session.preview((preview) => preview.planLaunch(request));
  if (options.printXml === true)
    await session.write(plan.domainXml.endsWith('\n') ? plan.domainXml : `${plan.domainXml}\n`);
  else {
    const { planDocument } = await import('../../plan-document.ts');
    await session.print(planDocument(plan));
  }
}

/** Prints the instance also when waiting fails: it exists then, and its password is shown only here. */
async function build(session: Session, request: LaunchRequest, options: ImageLaunchOptions): Promise<void> {
  let view: InstanceView | undefined;
  let isReady = false;
  try {
    await session.act(async (compute, act) => {
      const { id } = await compute.launch(request, act);
      try {
        await waitAfterLaunch(compute, id, options, act);
        isReady = true;
      } finally {
        view = await compute.show(id);
      }
    });
  } finally {
    if (view !== undefined) {
      const password = options.generatePassword === true ? request.adminPassword?.reveal() : undefined;
      await session.print(instanceDocument(view, password));
      const { name } = view.instance;
      if (!isReady) await session.note(`${name} was launched and stays; novalet delete ${name} removes it`);
    }
  }
}
