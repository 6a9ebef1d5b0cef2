"""Secrets made up at test time from the forms they have, and the lines they are found in. None was ever valid."""

# ruff: noqa: E501 - a form is one line
import base64
import json
import string
from random import Random
from urllib.parse import quote

_SIGNS = {
    "w": string.ascii_letters + string.digits,
    "h": "0123456789abcdef",
    "H": "0123456789ABCDEF",
    "U": string.ascii_uppercase + string.digits,
    "l": string.ascii_lowercase + string.digits,
    "d": string.digits,
    "b": string.ascii_letters + string.digits + "+/",
    "u": string.ascii_letters + string.digits + "-_",
}

FIXED = {
    "aws": "AKIA{U16}", "aws_temporary": "ASIA{U16}", "aws_bearer": "ABIA{U16}", "aws_context": "ACCA{U16}",
    "bedrock": "ABSK{b120}", "google": "AIza{u35}", "google_oauth": "ya29.{u60}", "google_client": "GOCSPX-{u28}",
    "azure_ad": "{w3}8Q~{u34}", "alibaba": "LTAI{w20}", "tencent": "AKID{w32}", "yandex": "AQVN{u36}",
    "digitalocean": "dop_v1_{h64}", "digitalocean_oauth": "doo_v1_{h64}", "digitalocean_refresh": "dor_v1_{h64}",
    "heroku": "HRKU-AA{u58}", "fly": "fo1_{u43}", "fly_macaroon": "fm2_{b120}", "scalingo": "tk-us-{u48}",
    "cloudflare_origin": "v1.0-{h24}-{h146}", "planetscale": "pscale_tkn_{u43}", "planetscale_pw": "pscale_pw_{u43}",
    "planetscale_oauth": "pscale_oauth_{u43}", "supabase": "sbp_{h40}", "clickhouse": "4b1d{w38}",
    "tailscale": "tskey-auth-{w16}-{w24}", "databricks": "dapi{h32}", "openshift": "sha256~{u43}",
    "intra42": "s-s4t2ud-{h64}", "defined_networking": "dnkey-{u26}-{u52}", "github": "ghp_{w36}",
    "github_oauth": "gho_{w36}", "github_user": "ghu_{w36}", "github_app": "ghs_{w36}", "github_refresh": "ghr_{w36}",
    "github_fine": "github_pat_{w22}_{w59}", "gitlab": "glpat-{u20}", "gitlab_deploy": "gldt-{u20}",
    "gitlab_feed": "glft-{u20}", "gitlab_scim": "glsoat-{u20}", "gitlab_runner": "glrt-{u20}",
    "gitlab_job": "glcbt-{w2}_{u20}", "gitlab_trigger": "glptt-{h40}", "gitlab_mail": "glimt-{u25}",
    "gitlab_agent": "glagent-{u50}", "gitlab_oauth": "gloas-{u64}", "gitlab_flags": "glffct-{u20}",
    "gitlab_registration": "GR1348941{u20}", "atlassian": "ATATT3{u180}", "bitbucket": "ATCTT3{u180}",
    "circleci": "CCIPAT_{w22}_{h40}", "npm": "npm_{w36}", "pypi": "pypi-AgEIcHlwaS5vcmc{u90}",
    "rubygems": "rubygems_{h48}", "clojars": "CLOJARS_{l60}", "docker": "dckr_pat_{u27}", "artifactory": "AKCp{w69}",
    "artifactory_reference": "cmVmd{w59}", "harness": "pat.{u22}.{w24}.{w20}", "octopus": "API-{U26}",
    "sonar": "squ_{h40}", "sonar_project": "sqp_{h40}", "sonar_all": "sqa_{h40}", "sourcegraph": "sgp_{h40}",
    "pulumi": "pul-{h40}", "infracost": "ico-{w32}", "prefect": "pnu_{w36}", "postman": "PMAK-{h24}-{h34}",
    "readme": "rdme_{l70}", "buildkite": "bkua_{h40}", "settlemint": "sm_pat_{w16}", "vault": "hvs.{u95}",
    "vault_batch": "hvb.{u140}", "terraform": "{w14}.atlasv1.{u65}", "doppler": "dp.pt.{w43}",
    "onepassword": "A3-{U6}-{U11}-{U5}-{U5}-{U5}", "onepassword_service": "ops_eyJ{b250}", "age": "AGE-SECRET-KEY-1{U58}",
    "slack": "xoxb-{d12}-{d12}-{w24}", "slack_user": "xoxp-{d12}-{d12}-{d12}-{h32}", "slack_app": "xapp-1-{U11}-{d13}-{h64}",
    "slack_config": "xoxe.xoxp-1-{U163}", "telegram": "{d10}:AA{u33}", "sendgrid": "SG.{u22}.{u43}",
    "mailgun": "key-{h32}", "mailchimp": "{h32}-us12", "sendinblue": "xkeysib-{h64}-{w16}", "twilio": "SK{h32}",
    "twilio_account": "AC{h32}", "facebook": "EAAC{w110}", "twitter": "AAAAAAAAAAAAAAAAAAAAAA{w80}",
    "stripe": "sk_live_{w24}", "stripe_restricted": "rk_test_{w24}", "stripe_hook": "whsec_{w32}",
    "square": "sq0atp-{u22}", "square_token": "EAAA{u60}", "plaid": "access-sandbox-{h8}-{h4}-{h4}-{h4}-{h12}",
    "shopify": "shpat_{h32}", "shopify_custom": "shpca_{h32}", "shopify_private": "shppa_{h32}", "shopify_shared": "shpss_{h32}",
    "shippo": "shippo_live_{h40}", "duffel": "duffel_live_{u43}", "easypost": "EZAK{w54}", "easypost_test": "EZTK{w54}",
    "flutterwave": "FLWSECK_TEST-{h32}-X", "gocardless": "live_{u40}", "lob": "test_{h35}", "grafana": "glc_{b80}",
    "grafana_service": "glsa_{w32}_{h8}", "grafana_old": "eyJrIjoi{b80}", "newrelic": "NRAK-{U27}",
    "newrelic_browser": "NRJS-{h19}", "newrelic_insert": "NRII-{u32}", "dynatrace": "dt0c01.{U24}.{U64}",
    "sentry": "sntryu_{h64}", "sentry_org": "sntrys_eyJpYXQiO{b120}_{b43}", "maxmind": "{w6}_{w29}_mmk",
    "openai": "sk-{w20}T3BlbkFJ{w20}", "openai_project": "sk-proj-{u74}T3BlbkFJ{u74}", "anthropic": "sk-ant-api03-{u93}AA",
    "huggingface": "hf_{w34}", "huggingface_org": "api_org_{w34}", "perplexity": "pplx-{w48}", "replicate": "r8_{w37}",
    "groq": "gsk_{w52}", "linear": "lin_api_{w40}", "notion": "ntn_{d11}{w35}", "notion_old": "secret_{w43}",
    "airtable": "pat{w14}.{h64}", "adobe": "p8e-{l32}", "typeform": "tfp_{u59}", "frameio": "fio-u-{u64}",
    "dropbox": "sl.{u135}", "authress": "sc_{l10}.{l5}.acc_{l15}.{w40}", "shadow": "$6${w8}${w86}",
    "bcrypt": "$2y$10${w53}", "argon2": "$argon2id$v=19$m=65536,t=3,p=4${w22}${w43}",
}  # fmt: skip
"""Kinds that begin, or are built, in a way of their own."""

KEYED = {
    "adafruit_api_key": "{u32}", "ADOBE_CLIENT_ID": "{h32}", "algolia_api_key": "{l32}", "alibaba_secret": "{l30}",
    "asana_client_id": "{d16}", "asana_client_secret": "{l32}", "beamer_api_key": "b_{u44}", "bitbucket_client_id": "{l32}",
    "bittrex_access_key": "{l32}", "meraki_api_key": "{h40}", "cloudflare_api_key": "{u40}", "codecov_token": "{l32}",
    "CO_API_KEY": "{w40}", "coinbase_access_token": "{l64}", "confluent_secret": "{l64}", "contentful_delivery_token": "{u43}",
    "datadog_access_token": "{l40}", "DD_API_KEY": "{h32}", "discord_client_secret": "{u32}", "droneci_token": "{l32}",
    "dropbox_token": "{l15}", "etsy_token": "{l24}", "facebook_secret": "{h32}", "fastly_api_token": "{u32}",
    "finicity_token": "{h32}", "finnhub_token": "{l20}", "flickr_token": "{l32}", "freshbooks_token": "{l64}",
    "gitter_token": "{u40}", "HEROKU_API_KEY": "{h8}-{h4}-{h4}-{h4}-{h12}", "hubspot_api_key": "{h8}-{h4}-{h4}-{h4}-{h12}",
    "intercom_token": "{u60}", "jfrog_api_key": "{l73}", "kraken_token": "{u86}", "kucoin_access_token": "{h24}",
    "launchdarkly_token": "{u40}", "linear_client_secret": "{h32}", "linkedin_client_secret": "{l16}", "looker_client_id": "{l20}",
    "mailgun_signing_key": "{h32}-{h8}-{h8}", "mattermost_token": "{l26}", "messagebird_token": "{l25}", "netlify_token": "{u42}",
    "newrelic_user_id_token": "{l64}", "nytimes_token": "{u32}", "okta_token": "00{u40}", "plaid_secret": "{l30}",
    "privateai_api_key": "{l32}", "rapidapi_key": "{u50}", "sendbird_token": "{h40}", "snyk_token": "{h8}-{h4}-{h4}-{h4}-{h12}",
    "squarespace_token": "{h8}-{h4}-{h4}-{h4}-{h12}", "sumologic_access_key": "{w64}", "travis_token": "{l22}",
    "twitch_token": "{l30}", "twitter_api_key": "{l25}", "twitter_api_secret": "{l50}", "yandex_aws_token": "YC{u38}",
    "zendesk_secret": "{l40}", "BUNDLE_ENTERPRISE__CONTRIBSYS__COM": "{h8}:{h8}", "vault_token": "s.{w24}",
    "password": "{w14}", "db_password": "{u20}", "PGPASSWORD": "{w12}", "secretKey": "{b40}", "AWS_SECRET_ACCESS_KEY": "{b40}",
    "AccountKey": "{b86}==", "client_secret": "{u30}", "passwd": "{w10}", "pwd": "{w11}", "passphrase": "{w16}",
    "auth_token": "{u32}", "refresh_token": "{u40}", "session_id": "{h32}", "csrf_token": "{w32}", "private_key": "{b43}=",
    "signing_key": "{w32}", "encryption_key": "{h64}", "apikey": "{l24}", "X-API-KEY": "{w32}", "jwt": "{u40}",
    "spring.datasource.password": "{w14}", "redis_pass": "{w14}", "smtpPassword": "{w14}",
}  # fmt: skip
"""Kinds that only their key gives away."""

CARRIERS = {
    "nginx": '2026/11/23 03:00:00 [error] 11#11: *7 upstream timed out, client: 10.0.0.9, request: "GET /v1?{k}={s}&x=1 HTTP/1.1"',
    "syslog": "Nov 23 03:00:00 web01 shop[311]: error: cannot log in with {k}={s}",
    "json": '{{"level":"error","msg":"denied","{k}":"{s}","x":1}}',
    "json_spaced": '{{"time": "x", "{k}": "{s}", "x": 1}}',
    "json_in_json": '{{"body":"{{\\"{k}\\":\\"{s}\\"}}"}}',
    "java": "java.lang.IllegalStateException: bad setting {k}={s}\n\tat com.acme.Pay.charge(Pay.java:88)",
    "python": "Traceback (most recent call last):\n  File \"/srv/a.py\", line 3, in run\nValueError: {{'{k}': '{s}'}}",
    "sql": "ERROR:  relation does not exist at character 15: SELECT * FROM t WHERE {k} = '{s}'",
    "kubernetes": "Warning  Failed  pod/shop-7f  Error: env {k}={s} is not allowed",
    "environment": "PATH=/usr/bin\n{k}={s}\nHOME=/root",
    "export": "+ export {k}='{s}'",
    "url": "GET https://api.example.org/v1/charge?{k}={s} failed",
    "url_encoded": "callback=https%3A%2F%2Fx.org%2F%3F{k}%3D{s}%26x%3D1",
    "quoted": 'ERROR {k} = "{s}" refused',
    "properties": "ERROR line 7: {k} := {s}",
    "coloured": "\x1b[31mERROR\x1b[0m \x1b[36m{k}\x1b[0m=\x1b[33m{s}\x1b[0m refused",
    "logfmt": 'level=error msg="cannot log in" {k}={s} retry=3',
    "yaml": "error in file:\n  user: shop\n  {k}: {s}\n  port: 5432",
    "xml": "ERROR <config><{k}>{s}</{k}></config>",
    "command": "run.sh: failed: client --{k} {s} --verbose",
    "command_equals": "run.sh: failed: client --{k}={s} --verbose",
    "connection": "ERROR cannot connect: Server=db;Database=shop;{k}={s};Encrypt=yes",
    "map": "ERROR config {{user=shop, {k}={s}, port=5432}}",
    "ruby": 'ERROR Parameters: {{"{k}"=>"{s}", "x"=>"1"}}',
    "escaped_break": 'ERROR "first\\n{k}={s}\\nlast"',
}  # fmt: skip
"""What a secret stands in: {k} its key, {s} itself."""

BARE = {
    "prose": "ERROR token {s} was refused",
    "path": "ERROR GET /hook/{s}/x failed",
    "quoted": 'ERROR unknown credential "{s}"',
    "list": "ERROR ['a', '{s}', 'b']",
    "end": "ERROR refused: {s}",
    "start": "{s} refused",
    "header": "< X-Thing: {s}",
    "escaped": 'ERROR "a\\n{s}\\nb"',
    "encoded": "ERROR q=%20{s}%20",
    "coloured": "ERROR \x1b[1m{s}\x1b[0m",
    "xml": "<v>{s}</v>",
    "brackets": "ERROR ({s})",
    "tabbed": "ERROR\t{s}\tgone",
}  # fmt: skip
"""Where a token stands that needs no key."""


def drawn(form: str, random: Random) -> str:
    """Return a secret of a form: `{h32}` stands for 32 hex digits."""
    said = []
    for piece in form.split("{"):
        kind, closed, rest = piece.partition("}")
        said.append("".join(random.choices(_SIGNS[kind[0]], k=int(kind[1:]))) + rest if closed else kind)
    return "".join(said)


def encodings(secret: str) -> tuple[str, ...]:
    """Return what a secret is also told by."""
    return (
        secret,
        quote(secret, safe=""),
        base64.b64encode(secret.encode()).decode().rstrip("="),
        json.dumps(secret)[1:-1],
    )
