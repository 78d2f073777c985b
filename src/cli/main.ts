console.error('generate-bake: nothing here yet');
process.exitCode = 2;
