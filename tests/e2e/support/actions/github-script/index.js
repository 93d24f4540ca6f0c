const fs = require('node:fs')
const crypto = require('node:crypto')

const core = {
  setSecret: (value) => console.log(`::add-mask::${value}`),
  setOutput: (name, value) => {
    const end = `end_${crypto.randomUUID()}`
    fs.appendFileSync(process.env.GITHUB_OUTPUT, `${name}<<${end}\n${value}\n${end}\n`)
  },
}

new Function('core', process.env.INPUT_SCRIPT)(core)
