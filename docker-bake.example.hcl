# Written by generate-bake: change the definitions and run it again.

group "default" {
  description = "Everything"
  targets     = ["all"]
}

group "all" {
  description = "Everything"
  targets     = [
    "sample__base",
    "sample__toolchain",
    "sample__greeter",
  ]
}

group "tree-templates__init__images" {
  description = "The images of templates/init/images"
  targets     = ["all"]
}

group "wave-001" {
  description = "Wave 1 of 1: 3 images, all ancestors among them"
  targets     = ["all"]
}

# What all images of templates/init/images have in common.
target "_tree-templates__init__images" {
  labels = {
    "org.opencontainers.image.authors"     = "Ada Keeper <ada@example.org>"
    "org.opencontainers.image.base.digest" = ""
  }
}

# templates/init/images/base/Dockerfile.template, templates/init/images/base/changelog
target "sample__base" {
  inherits    = ["_tree-templates__init__images"]
  description = "sample/base:1.0.0-1"
  context     = "templates/init/images/base"
  tags        = ["sample/base:1.0.0-1"]

  args = {
    "BUILDKIT_SANDBOX_HOSTNAME" = "gb-2f5cc177f65c"
  }

  labels = {
    "org.opencontainers.image.title"       = "base"
    "org.opencontainers.image.version"     = "1.0.0-1"
    "org.opencontainers.image.created"     = "2026-11-02T09:00:00Z"
    "org.opencontainers.image.description" = "Debian, with everything that all images of the tree share"
    "org.opencontainers.image.base.name"   = "debian:trixie-slim"
    "io.github.generate-bake.definition"   = "sha256:a6a4e07ce6d2c75de6132aae212ea9030ac6078021aba4bca33b4f01b8a5eb3b"
  }

  dockerfile-inline = chomp(<<DOCKERFILE
FROM debian:trixie-slim
ENV LANG=C.UTF-8
RUN echo 'built with generate-bake' > /etc/image-origin
WORKDIR /srv
DOCKERFILE
  )
}

# templates/init/images/toolchain/Dockerfile.template, templates/init/images/toolchain/changelog
# built on sample/base:1.0.0-1 (templates/init/images/toolchain/Dockerfile.template:1)
target "sample__toolchain" {
  inherits    = ["_tree-templates__init__images"]
  description = "sample/toolchain:1.1.0-1"
  context     = "templates/init/images/toolchain"
  tags        = ["sample/toolchain:1.1.0-1"]

  contexts = {
    "sample/base:1.0.0-1" = "target:sample__base"
  }

  args = {
    "BUILDKIT_SANDBOX_HOSTNAME" = "gb-e2c09aa6f145"
  }

  labels = {
    "org.opencontainers.image.title"       = "toolchain"
    "org.opencontainers.image.version"     = "1.1.0-1"
    "org.opencontainers.image.created"     = "2026-11-03T09:00:00Z"
    "org.opencontainers.image.description" = "The tools that build what the other images run"
    "org.opencontainers.image.base.name"   = "sample/base:1.0.0-1"
    "io.github.generate-bake.definition"   = "sha256:35972435bff6c269f05579c8de820facef8d3196ac2eefdfd0b5d2f265678fd9"
  }

  dockerfile-inline = chomp(<<DOCKERFILE
FROM sample/base:1.0.0-1
COPY make-greeting /usr/local/bin/make-greeting
RUN chmod 0755 /usr/local/bin/make-greeting
DOCKERFILE
  )
}

# templates/init/images/greeter/Dockerfile.template, templates/init/images/greeter/changelog
# built on sample/toolchain:1.1.0-1 (templates/init/images/greeter/Dockerfile.template:2)
# built on sample/base:1.0.0-1 (templates/init/images/greeter/Dockerfile.template:6)
target "sample__greeter" {
  inherits    = ["_tree-templates__init__images"]
  description = "sample/greeter:0.3.0-1"
  context     = "templates/init/images/greeter"
  tags        = ["sample/greeter:0.3.0-1"]

  contexts = {
    "sample/toolchain:1.1.0-1" = "target:sample__toolchain"
    "sample/base:1.0.0-1"      = "target:sample__base"
  }

  args = {
    "BUILDKIT_SANDBOX_HOSTNAME" = "gb-3c057765ddab"
  }

  labels = {
    "org.opencontainers.image.title"       = "greeter"
    "org.opencontainers.image.version"     = "0.3.0-1"
    "org.opencontainers.image.created"     = "2026-11-04T09:00:00Z"
    "org.opencontainers.image.description" = "Greets the person named in its argument"
    "org.opencontainers.image.base.name"   = "sample/base:1.0.0-1"
    "io.github.generate-bake.definition"   = "sha256:17f28e6c0aea9adb2a8c1a09c00932a307df92e563e3dcd8c6f99fad8a5a844f"
  }

  dockerfile-inline = chomp(<<DOCKERFILE
# The build image makes the program ...
FROM sample/toolchain:1.1.0-1 AS build
RUN make-greeting "Good morning" /srv/greet

# ... and the runtime image holds nothing else of it.
FROM sample/base:1.0.0-1
COPY --from=build /srv/greet /usr/local/bin/greet
USER 990
ENTRYPOINT ["greet"]
DOCKERFILE
  )
}
