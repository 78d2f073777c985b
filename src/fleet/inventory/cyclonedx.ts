import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import type { OpenedImage } from '../contents/openedImage.js';
import type { Inventory } from './inventory.js';

/** What a bill of materials is of. */
export interface BilledImage {
  /** As it is published, or local: `REPOSITORY:TAG`. */
  readonly shown: string;
  readonly image: Pick<OpenedImage, 'digest' | 'origin'>;
  readonly inventory: Inventory;
  readonly hasOtherSoftware: boolean;
}

/**
 * The Debian packages of an image as CycloneDX 1.6, in JSON. It says of itself that it is incomplete: whatever
 * else is in the image is not in it. The same inventory gives the same text, so it has neither a time nor a
 * serial number.
 */
export function cyclonedxOf({ shown, image, inventory, hasOtherSoftware }: BilledImage): string {
  const { distribution, packages } = inventory;
  const colon = shown.lastIndexOf(':');
  const main = new Models.Component(Enums.ComponentType.Container, shown.slice(0, colon), {
    bomRef: shown,
    version: image.digest ?? shown.slice(colon + 1),
  });
  for (const [name, value] of [
    ['generate-bake:completeness', 'Debian packages only'],
    ['generate-bake:other-software', String(hasOtherSoftware || inventory.other.length > 0)],
    ['generate-bake:reference', shown],
  ] as const) {
    main.properties.add(new Models.Property(name, value));
  }
  const bom = new Models.Bom({ metadata: new Models.Metadata({ component: main }) });
  if (distribution !== undefined) {
    const { id, versionId, codename, name } = distribution;
    const version = versionId ?? codename;
    bom.components.add(
      new Models.Component(Enums.ComponentType.OperatingSystem, id, {
        bomRef: `os:${id}`,
        ...(version === undefined ? {} : { version }),
        ...(name === undefined ? {} : { description: name }),
      }),
    );
  }
  for (const { name, version, architecture, source, sourceVersion } of packages) {
    const purl = purlOf(inventory, { name, version, architecture });
    const component = new Models.Component(Enums.ComponentType.Library, name, {
      bomRef: purl,
      version,
      purl,
    });
    component.properties.add(new Models.Property('generate-bake:source-package', source));
    component.properties.add(new Models.Property('generate-bake:source-version', sourceVersion));
    bom.components.add(component);
  }
  const normalizer = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6).makeForBom();
  const document = normalizer.normalize(bom, { sortLists: true });
  // The library has no compositions.
  const compositions = [{ aggregate: 'incomplete', assemblies: [shown] }];
  return `${JSON.stringify({ ...document, compositions }, null, 2)}\n`;
}

/** `pkg:deb/debian/libc6@2.36-9%2Bdeb12u9?arch=amd64&distro=bookworm` (purl-spec, type deb) */
function purlOf(
  { distribution }: Inventory,
  {
    name,
    version,
    architecture,
  }: { readonly name: string; readonly version: string; readonly architecture: string },
): string {
  const distro = distribution?.codename ?? distribution?.versionId;
  const qualifiers = [
    ...(architecture === '' ? [] : [`arch=${encoded(architecture)}`]),
    ...(distro === undefined ? [] : [`distro=${encoded(distro)}`]),
  ];
  const vendor = encoded((distribution?.id ?? 'debian').toLowerCase());
  const query = qualifiers.length === 0 ? '' : `?${qualifiers.join('&')}`;
  return `pkg:deb/${vendor}/${encoded(name.toLowerCase())}@${encoded(version)}${query}`;
}

/** All but letters, digits, `.-_~` and, as the specification wants it, colons. */
function encoded(text: string): string {
  const percent = (sign: string) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text)
    .replaceAll('%3A', ':')
    .replace(/[!'()*]/g, percent);
}
