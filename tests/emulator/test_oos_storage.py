"""OSS as tasks reach it: signed URLs that work, and calls by method and path."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from oos_cloud import OosCloud

from deployer.oos.web import WebAnswer

PAGE = "https://help.aliyun.com/zh/oos/user-guide/acs-executeapi"
BUCKET = "bucket-of-the-test"
MAKE = """
Tasks:
  - Name: make
    Action: ACS::ExecuteAPI
    Properties: {Service: OSS, API: PutBucket, Method: PUT, URI: '', Parameters: {BucketName: bucket-of-the-test, RegionId: cn-hangzhou}}
"""


@pytest.fixture
def cloud(tmp_path) -> OosCloud:
    cloud = OosCloud(tmp_path)
    assert cloud.run(text=MAKE)["Status"] == "Success"
    return cloud


def signed_url(cloud: OosCloud, method: str, object_name: str, **parameters) -> str:
    properties = {
        "Service": "OSS",
        "API": "GenerateUrl",
        "Method": method,
        "URI": object_name,
        "Headers": {"Content-Type": "application/json", "Content-MD5": ""},
        "Parameters": {"BucketName": BUCKET, "RegionId": "cn-hangzhou", "Expires": "600", **parameters},
    }
    outputs = {"url": {"Type": "String", "ValueSelector": ".Url"}}
    task = {"Name": "sign", "Action": "ACS::ExecuteAPI", "Properties": properties, "Outputs": outputs}
    shown = {"url": {"Type": "String", "Value": "{{ sign.url }}"}}
    execution_id = cloud.start(text=f"Tasks: {json.dumps([task])}\nOutputs: {json.dumps(shown)}")
    cloud.emulator.advance(10)
    return json.loads(cloud.execution(execution_id)["Outputs"])["url"]


@pytest.mark.documented(PAGE)
def test_a_generated_url_writes_and_reads_one_object(cloud):
    name = "files/a b+c.zip"
    assert cloud.fetch(signed_url(cloud, "PUT", name), method="PUT", body=b"content").status == 200
    url = signed_url(cloud, "GET", name, Internal="true")
    assert url.startswith(f"http://{BUCKET}.oss-cn-hangzhou-internal.aliyuncs.com/files/a%20b%2Bc.zip?")
    response = cloud.fetch(url)
    assert (response.status, b"".join(response.body) if not isinstance(response.body, bytes) else response.body) == (
        200,
        b"content",
    )


@pytest.mark.documented(PAGE)
def test_a_generated_url_is_for_its_method_object_and_time(cloud):
    cloud.fetch(signed_url(cloud, "PUT", "a"), method="PUT", body=b"content")
    url = signed_url(cloud, "GET", "a")
    assert cloud.fetch(url, method="DELETE").status == 403
    assert cloud.fetch(url.replace("/a?", "/b?")).status == 403
    cloud.emulator.advance(700)
    assert cloud.fetch(url).status == 403


POLICY = """
Parameters: {policy: {Type: Json}}
Tasks:
  - Name: put
    Action: ACS::ExecuteAPI
    Properties:
      Service: OSS
      API: PutBucketPolicy
      Method: PUT
      URI: '?policy'
      Headers: {Content-Type: application/json}
      Parameters: {BucketName: bucket-of-the-test, RegionId: cn-hangzhou}
      Body: '{{ policy }}'
  - Name: wait
    Action: ACS::WaitFor
    Properties:
      Service: oss
      API: GetBucketPolicy
      Method: GET
      URI: '?policy'
      Parameters: {BucketName: bucket-of-the-test, RegionId: cn-hangzhou}
      PropertySelector: .
      DesiredValues: ['{{ policy }}']
  - Name: look
    Action: ACS::ExecuteAPI
    Properties: {Service: OSS, API: GetBucketInfo, Method: GET, URI: '?bucketInfo', Parameters: {BucketName: bucket-of-the-test, RegionId: cn-hangzhou}}
    Outputs: {location: {Type: String, ValueSelector: BucketInfo.Bucket.Location}}
Outputs: {location: {Type: String, Value: '{{ look.location }}'}}
"""


@pytest.mark.documented(PAGE)
def test_oss_is_asked_by_method_and_path_and_answers_as_a_map(cloud):
    statement = {"Effect": "Allow", "Principal": ["20214760404935xxxx"], "Action": ["oss:GetObject"]}
    resource = [f"acs:oss:*:1234567890123456:{BUCKET}/*"]
    policy = {"Version": "1", "Statement": [{**statement, "Resource": resource}]}
    execution = cloud.run(text=POLICY, parameters={"policy": policy})
    assert execution["Status"] == "Success", execution.get("StatusMessage")
    assert json.loads(execution["Outputs"]) == {"location": "oss-cn-hangzhou"}


@pytest.mark.documented(PAGE)
def test_a_refusal_of_oss_fails_the_task_with_its_code(cloud):
    execution = cloud.run(text=MAKE.replace("bucket-of-the-test", "B"))
    assert "InvalidBucketName" in execution["StatusMessage"]


@pytest.mark.documented("https://help.aliyun.com/zh/oos/developer-reference/api-oos-2019-06-01-startexecution")
def test_a_template_can_lie_in_a_public_object(cloud):
    text = "FormatVersion: OOS-2019-06-01\nTasks: [{Name: nap, Action: ACS::Sleep, Properties: {Duration: PT1S}}]"
    url = signed_url(cloud, "PUT", "template.yml")
    cloud.fetch(url, method="PUT", body=text.encode())
    execution = cloud.oos("StartExecution", TemplateURL=signed_url(cloud, "GET", "template.yml"))["Execution"]
    cloud.emulator.advance(60)
    assert cloud.execution(execution["ExecutionId"])["Status"] == "Success"
    assert cloud.oos("ValidateTemplateContent", TemplateURL=signed_url(cloud, "GET", "template.yml"))["Tasks"]


HOOKS = """
Tasks:
  - Name: ask
    Action: ACS::ExecuteHttpRequest
    Properties: {URL: 'https://example.com/ask', Body: {n: 1}}
    Outputs: {answer: {Type: Number, ValueSelector: .answer}}
  - {Name: tell, Action: ACS::Notify, Properties: {NotifyType: WebHook, WebHook: {URI: 'https://example.com/tell', Content: x}}}
Outputs: {answer: {Type: Number, Value: '{{ ask.answer }}'}}
"""


@pytest.mark.documented("https://help.aliyun.com/zh/oos/user-guide/acs-executehttprequest")
def test_requests_to_the_outside_are_kept_and_answered_as_a_test_says(cloud):
    web = cloud.emulator.services.oos.state.web
    web.answer("https://example.com/ask", lambda _request: WebAnswer(status=200, body='{"answer": 42}'))
    execution = cloud.run(text=HOOKS)
    assert json.loads(execution["Outputs"]) == {"answer": 42}
    assert [(request.url, request.body) for request in web.requests] == [
        ("https://example.com/ask", '{"n": 1}'),
        ("https://example.com/tell", "x"),
    ]


@pytest.mark.assumed("Nothing leaves the machine: an address outside of it is said not to be emulated.")
def test_a_request_to_the_outside_without_an_answer_fails(cloud):
    execution = cloud.run(text=HOOKS)
    assert "https://example.com/ask is not on this machine" in execution["StatusMessage"]


class Receiver(BaseHTTPRequestHandler):
    """Answers with what it was sent."""

    def do_POST(self) -> None:  # the name the base class calls
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"path": "%s", "body": %s}' % (self.path.encode(), body))

    def log_message(self, *_args) -> None:
        """Nothing is printed."""


@pytest.mark.assumed("This machine is reached for real, so that a template can talk to a server under test.")
def test_a_request_to_this_machine_is_really_sent(cloud):
    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/hook"
        task = {
            "Name": "ask",
            "Action": "ACS::ExecuteHttpRequest",
            "Properties": {"URL": url, "Query": {"a": 1}, "Body": {"n": 2}},
            "Outputs": {"answer": {"Type": "Json", "ValueSelector": "."}},
        }
        outputs = {"answer": {"Type": "Json", "Value": "{{ ask.answer }}"}}
        execution = cloud.run(text=f"Tasks: {json.dumps([task])}\nOutputs: {json.dumps(outputs)}")
        thread.join()
    assert json.loads(execution["Outputs"]) == {"answer": {"path": "/hook?a=1", "body": {"n": 2}}}


SCALE = """
Tasks:
  - Name: act
    Action: ACS::ExecuteAPI
    Properties: {Service: ESS, API: CompleteLifecycleAction, Parameters: {Result: CONTINUE}}
    Outputs: {id: {Type: String, ValueSelector: RequestId}}
  - {Name: ask, Action: ACS::ExecuteAPI, Properties: {Service: CS, API: DescribeClusters, Method: GET, URI: /clusters}}
Outputs: {id: {Type: String, Value: '{{ act.id }}'}}
"""


@pytest.mark.assumed("Services that are not emulated answer what a test says.")
def test_a_service_that_is_not_emulated_answers_as_a_test_says(cloud):
    assert "Emulator.NotImplemented: ESS CompleteLifecycleAction" in cloud.run(text=SCALE)["StatusMessage"]
    asked = []
    others = cloud.emulator.services.oos.state.other_services
    others.answer("ess", "completelifecycleaction", lambda parameters: asked.append(parameters) or {"RequestId": "R-1"})
    assert "Emulator.NotImplemented: CS DescribeClusters" in cloud.run(text=SCALE)["StatusMessage"]
    others.answer("CS", "DescribeClusters", lambda _parameters: {})
    execution = cloud.run(text=SCALE)
    assert json.loads(execution["Outputs"]) == {"id": "R-1"}
    assert asked[-1] == {"Result": "CONTINUE"}
